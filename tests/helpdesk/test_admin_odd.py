"""Staff pages that are asked for, or sent, what no browser of ours would: told, never a fault."""

import itertools

import pytest
from django.contrib import admin
from django.urls import reverse

from tests.staff import olga, signed_in, texts

pytestmark = pytest.mark.django_db

GONE = "The chosen rows are not there. Choose them again."
NONSENSE = ["\0", "garbage", "9" * 40, "²"]


def lists() -> list[str]:
    return [f"admin:{m._meta.app_label}_{m._meta.model_name}" for m in admin.site._registry]


@pytest.mark.parametrize("name", lists())
def test_a_form_is_filled_in_from_its_address_as_far_as_that_can_be_read(name):
    client = signed_in(olga())
    options = next(
        o for m, o in admin.site._registry.items() if name.endswith(f"_{m._meta.model_name}")
    )
    fields = [field.name for field in options.model._meta.get_fields()]
    for value in NONSENSE:
        asked = dict.fromkeys([*fields, "copy_of", "answers", "translates", "into"], value)
        answer = client.get(reverse(f"{name}_add"), asked)
        assert answer.status_code in {200, 302, 403}, value


@pytest.mark.parametrize("name", lists())
def test_rows_that_cannot_be_are_told(name):
    client = signed_in(olga())
    path = reverse(f"{name}_changelist")
    form = client.get(path).context.get("action_form")
    offered = [action for action, _title in form.fields["action"].choices] if form else []
    for action, value in itertools.product(offered, NONSENSE):
        sent = {"action": action, "_selected_action": value, "index": 0}
        assert client.post(path, sent).status_code in {200, 302}, (action, value)


def test_it_says_so():
    client = signed_in(olga())
    path = reverse("admin:knowledge_faq_changelist")
    sent = {"action": "publish", "_selected_action": "x", "index": 0}
    answer = client.post(f"{path}?status=draft", sent, follow=True)
    assert GONE in texts(answer.content.decode())
    assert answer.redirect_chain == [(f"{path}?status=draft", 302)]
