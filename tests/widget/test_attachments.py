"""Files over the wire: sent on one way, named by a line on any."""

import http.client
import json
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from apps.chat.attachments.services import attach, take
from apps.chat.items import Item, Line
from apps.chat.journal import append
from apps.engine.types import Author
from apps.widget.endpoints import ApiError
from apps.widget.uploads import linked_file
from tests.pictures import PDF, SVG, ZIP, picture
from tests.widget.visitor import Visitor, acall, new_cmid

pytestmark = pytest.mark.stack
PATH = "/api/v1/chat/attachments"


def request(web, method, path, body=b"", **headers):
    """Status, headers and body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=30)
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    return response.status, response.headers, answer


def send(web, token, body=b"", name="photo.png", field="file", more=b""):
    """Status and JSON of an upload, as a browser sends it."""
    head = f'--b\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
    whole = (
        head.encode() + b"Content-Type: image/png\r\n\r\n" + body + b"\r\n" + more + b"--b--\r\n"
    )
    kind = "multipart/form-data; boundary=b"
    bearer = f"Bearer {token}"
    found = request(web, "POST", PATH, whole, Authorization=bearer, **{"Content-Type": kind})
    return found[0], json.loads(found[2])


@pytest.fixture
async def visitor(stack):
    made = await Visitor(stack.base_url).begin()
    await made.connect()
    yield made
    await made.leave()


def uploaded(stack, visitor, body=b"", name="photo.png"):
    status, told = send(stack, visitor.token, body or picture(), name)
    assert status == 200, told
    return told


async def test_a_file_goes_with_a_line_and_comes_back_with_it(stack, visitor):
    other = Visitor(stack.base_url)
    other.token = visitor.token
    await other.connect()
    told = uploaded(stack, visitor, name="../my/photo.png")
    kept = {name: told[name] for name in ("name", "type", "image", "width", "height")}
    assert kept == {
        "name": "photo.png",
        "type": "image/png",
        "image": True,
        "width": 6,
        "height": 4,
    }
    cmid = await visitor.send("How long does delivery take?", attachments=[told["id"]])
    ack = await visitor.until("ack", cmid=cmid)
    reply = await visitor.until("message", author="bot")
    assert "days" in reply["text"]
    line = await other.until("message", author="visitor")
    [seen] = line["meta"]["attachments"]
    assert {**seen, "url": ""} == {**told, "url": ""}
    status, headers, body = request(stack, "GET", seen["url"])
    assert (status, headers["Content-Type"], len(body)) == (200, "image/png", told["bytes"])
    assert headers["Content-Disposition"].startswith("attachment;")
    # A resend gets the first ack, and the same key with another file is another line.
    await visitor.send("How long does delivery take?", cmid, attachments=[told["id"]])
    assert await visitor.until("ack", cmid=cmid) == ack
    await visitor.send("How long does delivery take?", cmid)
    assert (await visitor.until("refused", cmid=cmid))["code"] == "cmid_conflict"
    found = await acall(f"{stack.base_url}/api/v1/chat/messages", token=visitor.token)
    assert found[1]["messages"][0]["meta"]["attachments"][0]["id"] == told["id"]
    await other.leave()


async def test_a_file_may_come_without_words(stack, visitor):
    cmid = await visitor.send("", attachments=[uploaded(stack, visitor, PDF, "bill.pdf")["id"]])
    await visitor.until("ack", cmid=cmid)
    notice = await visitor.until("message", author="system")
    assert "cannot look into it" in notice["text"]
    assert notice["meta"]["quick_replies"][0]["label"] == "Talk to a person"
    await visitor.write(type="handoff", cmid=new_cmid())
    await visitor.until("state", mode="queued")
    second = await visitor.send("", attachments=[uploaded(stack, visitor, PDF)["id"]])
    ack = await visitor.until("ack", cmid=second)
    found = await acall(
        f"{stack.base_url}/api/v1/chat/messages?since={ack['seq'] - 1}", token=visitor.token
    )
    assert [line["author"] for line in found[1]["messages"]] == ["visitor"]


async def test_over_http_it_is_the_same(stack, visitor):
    told = uploaded(stack, visitor)
    body = {"cmid": new_cmid(), "text": "", "attachments": [told["id"]]}
    url = f"{stack.base_url}/api/v1/chat/messages"
    status, ack = await acall(url, body, visitor.token)
    assert (status, ack["type"]) == (200, "ack")
    assert await acall(url, body, visitor.token) == (200, ack)
    again = {**body, "cmid": new_cmid()}
    status, refused = await acall(url, again, visitor.token)
    assert (status, refused["code"]) == (400, "file_unknown")
    assert refused["detail"] == "A file is not there any more. Please attach it again."


async def test_a_link_is_renewed_for_whoever_holds_the_session(stack, visitor):
    told = uploaded(stack, visitor)
    url = f"{stack.base_url}{PATH}?id={told['id']}"
    status, again = await acall(url, token=visitor.token)
    assert (status, {**again, "url": ""}) == (200, {**told, "url": ""})
    stranger = await Visitor(stack.base_url).begin()
    assert (await acall(url, token=stranger.token))[0] == 404
    assert (await acall(f"{stack.base_url}{PATH}?id=x", token=visitor.token))[0] == 404


@pytest.mark.django_db
def test_a_file_of_the_team_is_shown_when_it_was_sent(make_session):
    session = make_session()
    upload = SimpleUploadedFile("plan.png", picture())
    kept = take(upload, session=session.pk, by=Author.OPERATOR)
    with pytest.raises(ApiError):
        linked_file(session.pk, str(kept.pk))
    line = Line(Author.OPERATOR, "Here", name="Nora")
    with transaction.atomic():
        append(Item(session.pk, None, (line,)))
        attach([kept], message=line.id)
    assert linked_file(session.pk, str(kept.pk))["id"] == str(kept.pk)


async def test_files_of_others_and_of_nobody_are_refused(stack, visitor):
    theirs = await Visitor(stack.base_url).begin()
    foreign = uploaded(stack, theirs)["id"]
    for ids in ([foreign], [str(uuid4())], [uploaded(stack, visitor)["id"], foreign]):
        cmid = await visitor.send("Look at this", attachments=ids)
        refused = await visitor.until("refused", cmid=cmid)
        assert refused["code"] == "file_unknown"
        assert "retry_after" not in refused
    for wrong in (["x"], "x", [7]):
        await visitor.send("Look at this", attachments=wrong)
        assert (await visitor.until("error"))["code"] == "bad_frame"
    await visitor.send("Look at these", attachments=[str(uuid4())] * 6)
    told = await visitor.until("error")
    assert (told["code"], told["detail"][:29]) == ("most_files", "A message may have 5 files. P")
    await visitor.send("", attachments=[])
    assert (await visitor.until("refused"))["code"] == "empty"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (SVG, 415, "file_type"),
        (ZIP, 415, "file_type"),
        (b"<html><script>", 415, "file_type"),
        (picture()[:50], 400, "file_broken"),
        (b"", 400, "file_empty"),
    ],
)
async def test_what_is_no_file_of_ours_is_refused_with_a_sentence(stack, body, status, code):
    token = (await Visitor(stack.base_url).begin()).token
    found, answer = send(stack, token, body)
    assert (found, answer["code"]) == (status, code)
    assert answer["detail"].endswith(".")


async def test_a_form_that_holds_something_else_is_refused(stack, visitor):
    two = b'--b\r\nContent-Disposition: form-data; name="file"; filename="b"\r\n\r\nx\r\n'
    assert send(stack, visitor.token, b"x", more=two)[0] == 400
    assert send(stack, visitor.token, b"x", field="other")[0] == 400
    assert (await acall(stack.base_url + PATH, {"file": "x"}, visitor.token))[0] == 415
    bearer = {"Authorization": f"Bearer {visitor.token}"}
    kind = "multipart/form-data; boundary="
    status, _, _ = request(stack, "POST", PATH, b"x", **bearer, **{"Content-Type": kind})
    assert status == 400
    assert send(stack, "made-up", picture())[0] == 401


async def test_thirty_megabytes_are_refused_before_they_are_read(stack, visitor):
    """Nothing of the body is sent here: the answer cannot have waited for it."""
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=15)
    for token, size in ((visitor.token, 30 * 2**20), ("made-up", 100_000)):
        connection.putrequest("POST", PATH)
        connection.putheader("Authorization", f"Bearer {token}")
        connection.putheader("Content-Type", "multipart/form-data; boundary=b")
        connection.putheader("Content-Length", str(size))
        connection.endheaders()
        response = connection.getresponse()
        answer = json.loads(response.read())
        assert (response.status, answer["code"]) == (413, "file_too_big")
        assert answer["detail"] == "A file may have 10 MB."
        connection.close()


async def test_the_conversation_can_be_kept_as_a_file(stack, visitor):
    await visitor.ask("How long does delivery take?")
    path = "/api/v1/chat/transcript"
    bearer = {"Authorization": f"Bearer {visitor.token}"}
    status, headers, text = request(stack, "GET", f"{path}?format=txt&zone=UTC", **bearer)
    assert (status, headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert headers["Content-Disposition"].startswith('attachment; filename="demo-')
    assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
    assert b"How long does delivery take?" in text
    assert request(stack, "GET", f"{path}?format=html", **bearer)[0] == 200
    assert request(stack, "GET", f"{path}?format=pdf", **bearer)[0] == 400
    assert request(stack, "GET", f"{path}?format=txt")[0] == 401
