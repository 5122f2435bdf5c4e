"""The demo shop: a site with its knowledge in both languages, and one operator."""

import secrets
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import translation

from apps.demo.flows import add_flows
from apps.demo.models import Customer
from apps.demo.orders import load_orders
from apps.demo.shop import PRODUCTS
from apps.dialogue.actions.registry import PYTHON, registered
from apps.dialogue.flows.services import Listed, set_products
from apps.dialogue.models import Flow
from apps.knowledge.jobs import build_index
from apps.knowledge.models import Category, Faq, FaqVariant
from apps.knowledge.services import knowledge_changed
from apps.sites.models import CHINESE, ENGLISH, Installation, Site
from apps.sites.signing import make_secret

KEY = "demo"
OPERATOR = "operator"
# What visitors read.
OPERATOR_NAME = "Lin"
FOLDER = Path(__file__).parent / "faq"
SITE = {
    "name": "Northbird Audio",
    "name_zh_hans": "北雀音频",
    "languages": [ENGLISH, CHINESE],
    "default_language": ENGLISH,
    "greeting_en": (
        "Hello! I am the AI assistant of Northbird Audio. Ask me about delivery, returns, "
        "warranty or your headphones."
    ),
    "greeting_zh_hans": (
        "您好！我是北雀音频的 AI 助手，配送、退换货、保修、耳机使用等问题都可以问我。"
    ),
}

Shop = dict[str, Any]


def any_port(url: str) -> str:
    """The origin of `url` with whatever port `make up` takes next time."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:*"


def is_empty() -> bool:
    """Whether nobody has put anything into this database yet."""
    return not any(model.objects.exists() for model in (Site, Faq, User))


def is_there() -> bool:
    """Whether the demo site has not been cleared away."""
    return Site.objects.filter(key=KEY).exists()


def load_demo() -> Site:
    """Stores the demo site with live entries and builds its index. It must not be there yet."""
    shops = {language: _read(language) for language in (ENGLISH, CHINESE)}
    with transaction.atomic():
        Installation.current()
        site = Site.objects.create(key=KEY, allowed_pages=[any_port(settings.DEMO_URL)], **SITE)
        categories = _categories(site, shops)
        originals = _entries(site, shops[ENGLISH], ENGLISH, categories, {})
        _entries(site, shops[CHINESE], CHINESE, categories, originals)
        knowledge_changed(site_ids=[site.pk])
        make_secret(site=site, seen="")
        set_products(site=site, products=_catalogue())
        add_flows(site=site)
        load_orders()
    build_index(site.pk)
    return site


@transaction.atomic
def delete_demo() -> bool:
    """Deletes the demo site with its knowledge and its chats, and the shop's own customers and
    orders; False, and nothing, if there is no such site."""
    if not Site.objects.filter(key=KEY).delete()[0]:
        return False
    Customer.objects.all().delete()
    return True


def flows_elsewhere() -> list[Flow]:
    """Flows of other sites that end in a function of the demo, in the draft or for visitors."""
    own = [f"{PYTHON}{one.name}" for one in registered() if one.only_on == KEY]
    others: Any = Flow.objects.with_live().exclude(site__key=KEY).select_related("site")
    return list(others.filter(Q(action__in=own) | Q(live_action__in=own)))


def make_operator() -> str:
    """A superuser with a generated password, which is returned and kept nowhere else."""
    password = secrets.token_urlsafe(12)
    User.objects.create_superuser(OPERATOR, password=password, first_name=OPERATOR_NAME)
    return password


def _catalogue() -> list[Listed]:
    """The range as the flows know it."""
    listed = []
    for product in PRODUCTS:
        names = {}
        for language, name in ((ENGLISH, "name_en"), (CHINESE, "name_zh_hans")):
            with translation.override(language.lower()):
                names[name] = str(product.name)
        synonyms = ", ".join(product.called)
        listed.append(Listed(sku=product.slug, synonyms=synonyms, **names))
    return listed


def _read(language: str) -> Shop:
    return tomllib.loads((FOLDER / f"faq.{language}.toml").read_text(encoding="utf-8"))


def _categories(site: Site, shops: dict[str, Shop]) -> dict[str, Category]:
    chinese = {category["key"]: category["name"] for category in shops[CHINESE]["category"]}
    rows = [
        Category(
            site=site,
            slug=category["key"],
            name_en=category["name"],
            name_zh_hans=chinese[category["key"]],
            position=position,
        )
        for position, category in enumerate(shops[ENGLISH]["category"], 1)
    ]
    return {category.slug: category for category in Category.objects.bulk_create(rows)}


def _entries(
    site: Site,
    shop: Shop,
    language: str,
    categories: dict[str, Category],
    originals: dict[str, Faq],
) -> dict[str, Faq]:
    """The entries by key; each is the translation of the original with the same key."""
    rows = [
        Faq(
            site=site,
            language=language,
            category=categories[said["category"]],
            question=said["question"],
            answer=said["answer"],
            status=Faq.Status.LIVE,
            high_risk=said.get("high_risk", False),
            translation_of=originals.get(said["key"]),
        )
        for said in shop["faq"]
    ]
    stored = Faq.objects.bulk_create(rows)
    FaqVariant.objects.bulk_create(
        FaqVariant(faq=faq, text=text)
        for faq, said in zip(stored, shop["faq"], strict=True)
        for text in said["variants"]
    )
    return {said["key"]: faq for faq, said in zip(stored, shop["faq"], strict=True)}
