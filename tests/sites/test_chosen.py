"""A form begins with the site that is known: the only one, or the one that the list shows."""

import pytest

from apps.sites.models import Site
from tests.staff import olga, page, signed_in

pytestmark = pytest.mark.django_db

FORMS = [
    "knowledge_faq_add",
    "knowledge_category_add",
    "knowledge_faqimport_add",
    "dialogue_flow_add",
    "dialogue_flow_import",
    "dialogue_product_add",
    "dialogue_product_many",
    "dialogue_phrase_add",
    "dialogue_webhook_add",
]
BUTTONS = {
    "knowledge_faq": ["knowledge_faq_import_file", "knowledge_faqimport_add"],
    "dialogue_flow": ["dialogue_flow_import_file", "dialogue_flow_import"],
    "dialogue_product": ["dialogue_product_paste", "dialogue_product_many"],
}


@pytest.fixture
def boss(db):
    return signed_in(olga())


def chosen(response):
    context = response.context
    form = context["adminform"].form if "adminform" in context else context["form"]
    return form["site"].value()


@pytest.mark.parametrize("name", FORMS)
def test_the_only_one(boss, site, name):
    assert chosen(boss.get(page(name))) == site.pk


@pytest.mark.parametrize("name", FORMS)
def test_nobody_is_chosen_for_among_several(boss, site, name):
    Site.objects.create(key="aaa", name="Aaa")
    assert not chosen(boss.get(page(name)))


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize(
    "asked", ["site={}", "site__id__exact={}", "_changelist_filters=site__id__exact%3D{}%26q%3Dx"]
)
def test_the_one_that_the_list_shows(boss, site, name, asked):
    other = Site.objects.create(key="aaa", name="Aaa")
    assert chosen(boss.get(f"{page(name)}?{asked.format(other.pk)}")) == other.pk


@pytest.mark.parametrize("asked", ["0", "x", "9" * 40, ""])
def test_one_that_is_none(boss, site, asked):
    assert chosen(boss.get(page("dialogue_flow_import"), {"site": asked})) == site.pk


@pytest.mark.parametrize("name", BUTTONS)
def test_the_buttons_above_a_list_know_its_site(boss, site, name):
    button, form = BUTTONS[name]
    asked = f"site__id__exact={site.pk}"
    html = boss.get(f"{page(f'{name}_changelist')}?{asked}").content.decode()
    address = page(button)
    assert f'href="{address}?{asked}"' in html
    assert boss.get(f"{address}?{asked}").url == f"{page(form)}?{asked}"
