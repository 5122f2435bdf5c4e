"""Filters in the addresses of staff lists."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.admin.views.main import ERROR_FLAG
from django.db import DataError
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase

View = Callable[..., HttpResponseBase]


def lenient(view: View) -> View:
    """A filter whose value the database cannot take, such as NUL, is answered as Django answers
    one that it cannot read: with the whole list."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except DataError:
            if request.method != "GET" or not set(request.GET) - {ERROR_FLAG}:
                raise
            return HttpResponseRedirect(f"{request.path}?{ERROR_FLAG}=1")

    return answer
