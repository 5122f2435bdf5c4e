"""The door for drafts of a page that goes away: the same checks and the same order as over its
socket."""

import pytest
from django.test import Client

from apps.console.threads import drafts
from apps.handoff.services import save_draft
from apps.sites.models import Site
from tests.handoff.team import nora
from tests.staff import carol

pytestmark = pytest.mark.django_db
WHERE = "/admin/console/drafts"


@pytest.fixture
def who():
    return nora()


@pytest.fixture
def page(who):
    client = Client()
    client.force_login(who.user)
    return client


@pytest.fixture
def session(make_session):
    return make_session()


def test_the_last_word_is_kept_with_its_stamp(page, session, who):
    save_draft(session_id=session.pk, operator=who, text="Dea", stamp=10)
    sent = {"session": str(session.pk), "kind": "reply", "text": "Dear Jo", "stamp": "11"}
    assert page.post(WHERE, sent).status_code == 204
    assert page.post(WHERE, {**sent, "text": "Dear", "stamp": "9"}).status_code == 204
    noted = {"session": str(session.pk), "kind": "note", "text": "A regular", "stamp": "3"}
    assert page.post(WHERE, noted).status_code == 204
    assert drafts(session, who.pk) == {
        "reply": {"text": "Dear Jo", "stamp": 11},
        "note": {"text": "A regular", "stamp": 3},
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"session": "none"},
        {"kind": "macro"},
        {"stamp": "soon"},
        {"stamp": "-1"},
        {"stamp": "9" * 30},
        {"text": "x" * 20_001},
        {"text": "\0"},
    ],
)
def test_what_cannot_be_kept_is_refused_in_words(page, session, wrong):
    sent = {"session": str(session.pk), "kind": "reply", "text": "a", "stamp": "1", **wrong}
    refused = page.post(WHERE, sent)
    assert refused.status_code == 400
    assert refused.json()["detail"]


def test_it_is_for_the_operators_of_the_site_alone(page, session, who):
    sent = {"session": str(session.pk), "kind": "reply", "text": "a", "stamp": "1"}
    staff = Client()
    staff.force_login(carol())
    assert staff.post(WHERE, sent).status_code == 403
    assert Client().post(WHERE, sent).status_code == 302
    assert page.get(WHERE).status_code == 405
    who.sites.set([Site.objects.create(key="other", name="Other")])
    assert page.post(WHERE, sent).status_code == 404


def test_no_other_page_writes_for_an_operator(who, session):
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(who.user)
    sent = {"session": str(session.pk), "kind": "reply", "text": "a", "stamp": "1"}
    assert careful.post(WHERE, sent).status_code == 403
    careful.get("/admin/console/")
    token = careful.cookies["csrftoken"].value
    assert careful.post(WHERE, {**sent, "csrfmiddlewaretoken": token}).status_code == 204
