"""Who may sit at a console, and who is sent away from it."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session as Login
from django.test import Client

from apps.chat.threads import in_thread
from apps.handoff.models import Operator
from apps.sites.models import Site
from tests.handoff.talks import asks
from tests.handoff.team import nora
from tests.staff import carol, olga

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def soon(settings):
    """What is looked after every few seconds is looked after at once."""
    settings.CHAT = replace(settings.CHAT, heal_s=0.1)


async def test_a_stranger_is_sent_to_sign_in(desks):
    console = await desks(None)
    assert await console.connect()
    assert await console.closed() == 4401


async def test_staff_without_the_permission_is_sent_away(desks):
    console = await desks(await in_thread(carol))
    assert await console.connect()
    assert await console.closed() == 4403


async def test_an_operator_who_was_switched_off_is_sent_away(desks):
    console = await desks(await in_thread(nora, active=False))
    assert await console.connect()
    assert await console.closed() == 4403


async def test_a_superuser_becomes_an_operator_by_coming(desks):
    console = await desks(await in_thread(olga))
    welcome = await console.sit()
    assert welcome["me"]["name"] == "olga"
    assert welcome["me"]["rights"] == [
        "claim",
        "draft_faq",
        "edit_slots",
        "supervise",
        "take_over",
        "transfer",
    ]
    assert await in_thread(Operator.objects.filter(name="olga").exists)


@pytest.mark.parametrize(
    "origin",
    [
        "https://shop.example",
        "null",
        "https://[",
        "",
        "http://testserver.evil.example",
        "http://a@testserver",
    ],
)
async def test_no_page_of_others_gets_a_socket_with_the_operators_cookie(desks, settings, origin):
    settings.WS_ALLOWED_ORIGINS = ("https://shop.example",)
    console = await desks(await in_thread(nora), origin=origin)
    assert not await console.connect()


def _sign_out(operator):
    Login.objects.all().delete()


def _fire(operator):
    User.objects.filter(pk=operator.user_id).update(is_active=False)


def _take_right(operator):
    operator.user.user_permissions.clear()


def _switch_off(operator):
    Operator.objects.filter(pk=operator.pk).update(active=False)


def _new_password(operator):
    operator.user.set_password("another one")
    operator.user.save()


@pytest.mark.parametrize("act", [_sign_out, _fire, _take_right, _switch_off, _new_password])
async def test_who_may_not_any_longer_is_cut(soon, desks, act):
    operator = await in_thread(nora)
    console = await desks(operator)
    await console.sit()
    await in_thread(act, operator)
    assert await console.closed() == 4403


async def test_whose_rights_are_others_now_comes_back_with_them(soon, desks):
    operator = await in_thread(nora)
    console = await desks(operator)
    await console.sit()
    right = await in_thread(Permission.objects.get, codename="supervise")
    await in_thread(operator.user.user_permissions.add, right)
    assert await console.closed() == 1012


async def test_a_command_is_refused_before_the_socket_is_cut(desks, make_session):
    operator = await in_thread(nora)
    session = await in_thread(make_session)
    await in_thread(asks, session)
    console = await desks(operator)
    await console.sit()
    await in_thread(_take_right, operator)
    refused = await console.ask("claim", session=session.pk)
    assert (refused["type"], refused["code"]) == ("refused", "not_allowed")


async def test_a_session_of_another_site_is_not_there(desks, make_session, site):
    operator = await in_thread(nora)
    other = await in_thread(_another_site)
    await in_thread(operator.sites.set, [other])
    session = await in_thread(make_session)
    await in_thread(asks, session)
    console = await desks(operator)
    await console.sit()
    assert console.heard[-1]["rows"] == []
    for kind, fields in COMMANDS.items():
        refused = await console.ask(kind, session=session.pk, **fields)
        assert (kind, refused["code"]) == (kind, "not_found")
    await console.write(type="open", session=str(session.pk))
    assert (await console.until("error"))["code"] == "not_found"
    found = await console.ask("search", query="agent")
    assert found["rows"] == []


NOWHERE = "00000000-0000-4000-8000-000000000000"
COMMANDS: dict[str, dict[str, object]] = {
    "send": {"text": "x", "cmid": NOWHERE, "seen_seq": 0},
    "note": {"text": "x", "cmid": NOWHERE},
    "claim": {},
    "take_over": {},
    "return": {},
    "transfer": {"operator": 1},
    "resolve": {"outcome": "answered"},
    "reopen": {},
    "priority": {"value": 0},
    "correct": {"message": NOWHERE, "text": "x"},
    "draft": {"text": "x"},
    "ask_slot": {"slot": "order_id"},
    "edit_slot": {"slot": "order_id", "value": "1"},
    "suggest": {},
    "macros": {"query": ""},
}


def _another_site():
    return Site.objects.create(key="other", name="Other")


def test_the_page_is_for_operators_alone():
    operator = nora()
    stranger, staff, hers = Client(), Client(), Client()
    staff.force_login(carol())
    hers.force_login(operator.user)
    assert stranger.get("/admin/console/").status_code == 302
    assert staff.get("/admin/console/").status_code == 403
    page = hers.get("/admin/console/")
    assert page.status_code == 200
    policy = page["Content-Security-Policy"]
    assert policy == (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' blob:; media-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    assert "no-store" in page["Cache-Control"]
    assert '<script id="setup" type="application/json">' in page.text
