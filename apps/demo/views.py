"""Pages: the demo shop that embeds the widget, and the front page."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

import jwt
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from apps.demo import data, shop
from apps.demo.models import Customer, Order
from apps.sites.models import LANGUAGES, Site
from apps.sites.signing import valid_keys
from apps.widget import strings

TOKEN_S = 300


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    demo_url = settings.DEMO_URL if data.is_there() else ""
    return _page(request, "demo/home.html", {"demo_url": demo_url})


def _shop_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """On the shop's own address, and under a policy as strict as a careful shop's."""

    @require_safe
    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not data.is_there():
            return render(request, "demo/gone.html", status=404)
        if request.get_host() != urlsplit(settings.DEMO_URL).netloc:
            return HttpResponseRedirect(settings.DEMO_URL + request.get_full_path())
        response = view(request, **kwargs)
        response["Content-Security-Policy"] = (
            f"default-src 'self'; script-src 'self' {settings.PUBLIC_URL}; "
            f"frame-src {settings.PUBLIC_URL}"
        )
        return response

    return guarded


@_shop_page
def demo(request: HttpRequest) -> HttpResponse:
    return _page(request, "demo/shop.html", {"products": shop.PRODUCTS})


@_shop_page
def demo_product(request: HttpRequest, slug: str) -> HttpResponse:
    product = shop.BY_SLUG.get(slug)
    if product is None:
        raise Http404
    others = [other for other in shop.PRODUCTS if other is not product]
    return _page(request, "demo/product.html", {"product": product, "others": others})


@_shop_page
def demo_orders(request: HttpRequest) -> HttpResponse:
    """The orders of one of the made-up customers, as a shop shows them to who is signed in."""
    customers = list(Customer.objects.order_by("pk"))
    asked = request.GET.get("as", "")
    customer = next((one for one in customers if one.person == asked), None)
    orders = Order.objects.of_person(asked).newest_first().prefetch_related("items")
    context = {
        "customers": customers,
        "customer": customer,
        "orders": [_shown(order) for order in orders] if customer else [],
    }
    return _page(request, "demo/orders.html", context)


@_shop_page
def demo_token(request: HttpRequest, person: str) -> HttpResponse:
    """Signs that the visitor is this customer. A real shop signs for whom its own session names,
    never for whom the page asks; here everybody may be anybody, and nobody is real."""
    customer = Customer.objects.filter(person=person).first()
    site = Site.objects.filter(key=data.KEY).first()
    keys = valid_keys(site) if site else []
    if customer is None or not keys:
        raise Http404
    now = int(time.time())
    claims = {
        "sub": customer.person,
        "name": customer.name,
        "email": customer.email,
        "aud": data.KEY,
        "iat": now,
        "exp": now + TOKEN_S,
    }
    token = jwt.encode(claims, keys[0], algorithm="HS256")
    return HttpResponse(token, content_type="text/plain", headers={"Cache-Control": "no-store"})


def _shown(order: Order) -> dict[str, Any]:
    items = [(shop.BY_SLUG[item.product].name, item) for item in order.items.all()]
    return {"order": order, "items": items}


@_shop_page
def demo_help(request: HttpRequest) -> HttpResponse:
    return _page(request, "demo/help.html", {})


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A page in the language of `?lang=`, else in the one that the browser asks for."""
    codes = [code for code, _name in LANGUAGES]
    wanted = request.GET.get("lang", "")
    asked = wanted if wanted in codes else translation.get_language() or ""
    language = next((code for code in codes if code.lower() == asked.lower()), codes[0])
    everywhere = {
        "language": language,
        # Kept in every link of the page: no cookie is needed to remember it.
        "chosen": f"?lang={language}" if wanted in codes else "",
        "languages": strings.LANGUAGE_NAMES.items(),
        "public_url": settings.PUBLIC_URL,
        "site_key": data.KEY,
    }
    with translation.override(language.lower()):
        response = render(request, template, everywhere | context)
    response["Content-Language"] = language
    return response
