"""What of the console goes over HTTP: the page, the sidebar's count, files."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.chat.models import Attachment, Message
from apps.chat.threads import in_thread
from apps.handoff.services import claim
from tests.handoff.talks import asks
from tests.handoff.team import nora
from tests.pictures import picture
from tests.staff import carol, page, signed_in

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/admin/console/attachments"


@pytest.fixture
def operator(transactional_db):
    return nora()


@pytest.fixture
def hers(operator):
    return signed_in(operator.user)


def upload(client, session, name="photo.png", body=None, **more):
    file = SimpleUploadedFile(name, picture() if body is None else body)
    return client.post(PATH, {"session": str(session), "file": file, **more})


@pytest.mark.parametrize(("language", "title"), [("en", "Console"), ("zh-hans", 'lang="zh-Hans"')])
def test_the_page_speaks_the_operators_language(operator, language, title):
    answer = signed_in(operator.user, language).get("/admin/console/")
    assert title in answer.text


def test_the_sidebar_counts_who_waits(operator, hers, make_session):
    asks(make_session())
    assert hers.get("/admin/console/waiting").json() == {"waiting": 1}
    [work, *_] = hers.get(page("index")).context["sidebar_navigation"]
    [console] = [item for item in work["items"] if item["title"] == "Console"]
    assert (console["badge"], str(console["link"])) == ("1", "/admin/console/")
    assert signed_in(carol()).get("/admin/console/waiting").status_code == 403


def test_a_file_is_kept_for_a_line(hers, make_session):
    session = make_session()
    asks(session)
    told = upload(hers, session.pk).json()
    assert (told["name"], told["type"], told["image"]) == ("photo.png", "image/png", True)
    kept = Attachment.objects.get()
    assert (kept.uploaded_by, kept.session_id, kept.message) == ("operator", session.pk, None)
    assert hers.get(told["url"]).status_code == 200


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("evil.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", 400),
        ("empty.txt", b"", 400),
        ("page.html", b"<!doctype html><script>alert(1)</script>", 400),
    ],
)
def test_what_is_no_file_of_ours_is_refused_with_why(hers, make_session, name, body, status):
    session = make_session()
    asks(session)
    answer = upload(hers, session.pk, name, body)
    assert answer.status_code == status
    assert answer.json()["detail"]
    assert not Attachment.objects.exists()


def test_a_path_in_a_name_goes_nowhere(hers, make_session):
    session = make_session()
    asks(session)
    told = upload(hers, session.pk, "../../etc/passwd.png").json()
    assert "/" not in told["name"]


@pytest.mark.parametrize("session", [uuid.UUID(int=7), "x", ""])
def test_a_file_for_no_session_is_refused(hers, session):
    assert upload(hers, session).status_code == 404


def test_files_need_the_permission_and_the_token(operator, make_session):
    session = make_session()
    assert upload(signed_in(carol()), session.pk).status_code == 403
    assert upload(Client(), session.pk).status_code == 302
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(operator.user)
    assert upload(strict, session.pk).status_code == 403


async def test_a_line_goes_with_its_files_once(desks, make_session):
    operator = await in_thread(nora)
    session = await in_thread(make_session)
    ticket = await in_thread(asks, session)
    await in_thread(claim, ticket_id=ticket.pk, operator=operator)
    client = await in_thread(signed_in, operator.user)
    told = (await in_thread(upload, client, session.pk)).json()
    console = await desks(operator)
    await console.sit()
    said = {"session": session.pk, "text": "", "cmid": uuid.uuid4(), "seen_seq": 99}
    done = await console.ask("send", **said, attachments=[told["id"]])
    again = await console.ask("send", **said, attachments=[told["id"]])
    assert (done["type"], done["seq"]) == ("done", again["seq"])
    await console.write(type="open", session=str(session.pk))
    [*_, line] = (await console.until("thread"))["messages"]
    [file] = line["attachments"]
    assert (file["name"], file["image"], bool(file["url"])) == ("photo.png", True, True)
    assert await in_thread(Message.objects.filter(author="operator").count) == 1
    refused = await console.ask("send", **{**said, "cmid": uuid.uuid4()}, attachments=[told["id"]])
    assert refused["code"] == "not_found"
