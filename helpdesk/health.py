"""What a supervisor asks: does the process live, and can it work?"""

from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django_redis import get_redis_connection
from redis.exceptions import RedisError


def healthz(_request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(_request: HttpRequest) -> JsonResponse:
    """503 without the database. Redis is told, not required: the chat works without it."""
    database = _reaches_database()
    return JsonResponse(
        {"database": database, "redis": _reaches_redis()}, status=200 if database else 503
    )


def _reaches_database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _reaches_redis() -> bool:
    try:
        return bool(get_redis_connection("default").ping())
    except RedisError:
        return False
