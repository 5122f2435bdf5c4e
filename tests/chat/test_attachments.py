"""Files that come with lines: what is taken, what is made of it, and how long it is kept."""

import io
import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from PIL import Image

from apps.chat.attachments import files, kinds, links, names, services, sweeping
from apps.chat.attachments.making import FileRefusedError, made_anew, make
from apps.chat.attachments.services import attach, chosen, keep, take
from apps.chat.codes import TOO_MANY_PIXELS, Code
from apps.chat.models import Attachment, Message, Session
from apps.chat.services import erase_sessions
from apps.engine.types import Author
from tests.pictures import PDF, SVG, ZIP, announced, moving, picture
from tests.staff import olga, page, signed_in
from tests.threads import at_once

VISITOR = Author.VISITOR


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.ATTACHMENTS_DIR = tmp_path


def upload(body: bytes, name: str = "photo.png"):
    return SimpleUploadedFile(name, body, "image/png")


def opened(made):
    return Image.open(io.BytesIO(files.read(made.path)))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (picture("PNG"), kinds.PNG),
        (picture("JPEG"), kinds.JPEG),
        (picture("WEBP"), kinds.WEBP),
        (moving(), kinds.GIF),
        (PDF, kinds.PDF),
        (b"Hello\n", kinds.TEXT),
        ("\ufeff你好，订单 202611040017".encode(), kinds.TEXT),
        ("退货原因：左耳没有声音".encode("gb18030"), kinds.TEXT),
        ("你好".encode("utf-16"), kinds.TEXT),
        (b"1 < 2 and a<b, but no page", kinds.TEXT),
    ],
)
def test_a_file_is_what_stands_in_it(body, kind):
    assert kinds.kind_of(body) is kind


@pytest.mark.parametrize(
    "body",
    [
        SVG,
        b"<svg onload=alert(1)>",
        b"\xef\xbb\xbf  <!DOCTYPE html><p>",
        b"Hello <SCRIPT>alert(1)</SCRIPT>",
        b"notes\n<html><body>",
        b"#!/bin/sh\nrm -rf /",
        "<svg>".encode("utf-16"),
        ZIP,
        b"MZ\x90\x00" + bytes(60),
        b"\x7fELF\x02\x01\x01" + bytes(60),
        b"\x1f\x8b\x08\x00" + bytes(60),
        b"7z\xbc\xaf\x27\x1c" + bytes(60),
        b"RIFF\x00\x00\x00\x00AVI " + bytes(60),
        b"\x00\x00\x00\x18ftypmp42" + bytes(60),
        bytes(60),
    ],
)
def test_what_runs_or_hides_something_is_not_taken(body):
    assert kinds.kind_of(body) is None
    with pytest.raises(FileRefusedError) as refused:
        make(upload(body, "photo.png"))
    assert refused.value.code is Code.FILE_TYPE


@pytest.mark.parametrize("body", [b"<", b"</", b"<" * 4000])
def test_no_file_is_looked_at_for_ever(body):
    """In a process of its own: a search that does not end holds all that a process does."""
    looks = "import sys; from apps.chat.attachments.kinds import kind_of; "
    looks += "print(kind_of(sys.stdin.buffer.read()).type)"
    given = body + b" " * 1_000_000
    found = subprocess.run(
        [sys.executable, "-c", looks], input=given, capture_output=True, timeout=60, check=True
    )
    assert found.stdout == b"text/plain\n"


@pytest.mark.parametrize(
    ("name", "kind", "kept"),
    [
        ("photo.png", kinds.PNG, "photo.png"),
        ("../../etc/passwd", kinds.TEXT, "passwd.txt"),
        ("C:\\Users\\mia\\bill.pdf", kinds.PDF, "bill.pdf"),
        ("photo.jpeg", kinds.JPEG, "photo.jpeg"),
        ("run.bat", kinds.TEXT, "run.bat.txt"),
        ("page.html", kinds.PNG, "page.html.png"),
        ("evil\u202egpj.exe", kinds.JPEG, "evilgpj.exe.jpg"),
        ("a\r\nSet-Cookie: x.png", kinds.PNG, "aSet-Cookie x.png"),
        ('x"; filename="y.exe', kinds.PNG, "x filename=y.exe.png"),
        ("  . .png", kinds.PNG, "png.png"),
        ("..", kinds.PDF, "file.pdf"),
        ("", kinds.PDF, "file.pdf"),
        ("con.png", kinds.PNG, "file.png"),
        ("发票 2026.PDF", kinds.PDF, "发票 2026.pdf"),
        ("x" * 300 + ".png", kinds.PNG, "x" * 96 + ".png"),
    ],
)
def test_a_name_is_its_last_part_and_tells_the_truth(name, kind, kept):
    assert names.cleaned(name, kind) == kept


@pytest.mark.parametrize(
    ("sent", "kept", "mode"),
    [
        (("PNG", "RGB"), "PNG", "RGB"),
        (("PNG", "RGBA"), "PNG", "RGBA"),
        (("PNG", "P"), "PNG", "RGB"),
        (("JPEG", "CMYK"), "JPEG", "RGB"),
        (("WEBP", "RGBA"), "WEBP", "RGBA"),
    ],
)
def test_a_picture_is_made_anew(sent, kept, mode):
    name, sent_mode = sent
    made = make(upload(picture(name, mode=sent_mode)))
    with opened(made) as found:
        assert (found.format, found.size, found.mode) == (kept, (6, 4), mode)
    assert (made.width, made.height, made.type) == (6, 4, f"image/{kept.lower()}")
    assert made.bytes == len(files.read(made.path))


def test_nothing_but_the_pixels_stays():
    exif = Image.Exif()
    exif[0x010E] = "Storgatan 5, home of Mia"
    exif[0x0112] = 6
    body = picture("JPEG", exif=exif, comment=b"secret comment") + b"<script>after</script>"
    made = make(upload(body))
    kept = files.read(made.path)
    assert all(word not in kept for word in (b"Storgatan", b"secret", b"script"))
    # It was taken with the camera held upright.
    assert (made.width, made.height) == (4, 6)


def test_of_a_moving_picture_the_first_frame_is_kept():
    made = make(upload(moving(), "dance.gif"))
    assert (made.name, made.type) == ("dance.png", "image/png")
    with opened(made) as found:
        assert found.convert("RGB").getpixel((0, 0)) == (255, 0, 0)
        assert getattr(found, "n_frames", 1) == 1


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (announced(60_000, 60_000), Code.FILE_TOO_BIG, TOO_MANY_PIXELS),
        (picture()[:40], Code.FILE_BROKEN, ""),
        (b"\xff\xd8\xff" + bytes(99), Code.FILE_BROKEN, ""),
        (b"", Code.FILE_EMPTY, ""),
    ],
)
def test_a_bomb_and_a_broken_picture_are_refused(body, code, words):
    with pytest.raises(FileRefusedError) as refused:
        make(upload(body))
    assert (refused.value.code, refused.value.words) == (code, words)


def test_a_picture_that_needs_too_much_ends_its_own_process_alone(settings):
    settings.ATTACHMENTS = replace(settings.ATTACHMENTS, picture_bytes=8 * 2**20)
    with pytest.raises(FileRefusedError) as refused:
        made_anew(picture(), kinds.PNG)
    assert refused.value.code is Code.FILE_BROKEN


def test_a_file_that_is_too_large_is_not_read(settings):
    class Large:
        name: str | None = "a.png"
        size: int | None = settings.ATTACHMENTS.file_bytes + 1

        def read(self) -> bytes:
            raise AssertionError("it was read")

    with pytest.raises(FileRefusedError) as refused:
        make(Large())
    assert refused.value.code is Code.FILE_TOO_BIG


@pytest.mark.parametrize(("body", "name"), [(PDF, "bill.pdf"), (b"a;b\r\n", "list.csv")])
def test_other_files_are_kept_as_they_are(body, name):
    made = make(upload(body, name))
    assert (files.read(made.path), made.name, made.width) == (body, name, None)
    mode = (files._at(made.path)).stat().st_mode & 0o777
    assert mode == 0o600


@pytest.mark.django_db(transaction=True)
def test_a_slow_picture_holds_no_connection(make_session, monkeypatch):
    session, held = make_session(), []
    callers: list[threading.Thread] = []

    def slow(_upload):
        held.append(connection.connection is not None)
        held.append(threading.current_thread() in callers)
        raise FileRefusedError(Code.FILE_BROKEN)

    def send():
        callers.append(threading.current_thread())
        Session.objects.get(pk=session.pk)
        with pytest.raises(FileRefusedError):
            take(upload(PDF), session=session.pk, by=Author.OPERATOR)
        return connection.connection is None

    monkeypatch.setattr(services, "make", slow)
    [is_given_back] = at_once(send)
    assert is_given_back
    assert held == [False, False]


@pytest.mark.django_db
class TestRows:
    @pytest.fixture
    def session(self, make_session):
        return make_session()

    def sent(self, session, by=VISITOR, address="198.51.100.7"):
        return take(upload(PDF, "bill.pdf"), session=session.pk, by=by, address=address)

    def line(self, session, seq=1, author=VISITOR):
        return Message.objects.create(session=session, seq=seq, author=author, cmid=uuid4())

    def test_a_line_names_files_of_its_own_session_and_side_only(self, session, make_session):
        mine, theirs = self.sent(session), self.sent(make_session())
        team = self.sent(session, by=Author.OPERATOR)
        assert chosen([mine.pk], session=session.pk, by=VISITOR) == [mine]
        assert chosen([team.pk], session=session.pk, by=Author.OPERATOR) == [team]
        for other in (theirs.pk, team.pk, uuid4()):
            with pytest.raises(FileRefusedError) as refused:
                chosen([mine.pk, other], session=session.pk, by=VISITOR)
            assert refused.value.code is Code.FILE_UNKNOWN

    def test_a_file_belongs_to_one_line(self, session):
        file, line = self.sent(session), self.line(session)
        attach([file], message=line.pk)
        with pytest.raises(FileRefusedError):
            chosen([file.pk], session=session.pk, by=VISITOR, cmid=uuid4())
        assert chosen([file.pk], session=session.pk, by=VISITOR, cmid=line.cmid) == [file]
        attach([file], message=line.pk)
        with pytest.raises(FileRefusedError):
            attach([file], message=self.line(session, seq=2).pk)

    def test_a_session_may_send_so_many_within_an_hour(self, session, make_session, settings):
        settings.ATTACHMENTS = replace(settings.ATTACHMENTS, per_session=2)
        for _ in range(2):
            self.sent(session)
        with pytest.raises(FileRefusedError) as refused:
            self.sent(session)
        assert refused.value.code is Code.TOO_MANY_FILES
        assert 3500 < (refused.value.retry_after or 0) <= 3600
        assert self.sent(session, by=Author.OPERATOR)
        assert self.sent(make_session())
        Attachment.objects.update(created_at=timezone.now() - timedelta(minutes=61))
        assert self.sent(session)

    def test_files_that_came_at_once_are_counted_again(self, session, settings):
        settings.ATTACHMENTS = replace(settings.ATTACHMENTS, per_session=1)
        made = [make(upload(PDF)) for _ in range(2)]
        keep(made[0], session=session.pk, by=VISITOR, address="")
        with pytest.raises(FileRefusedError) as refused:
            keep(made[1], session=session.pk, by=VISITOR, address="")
        assert refused.value.code is Code.TOO_MANY_FILES

    def test_an_address_may_send_so_many_within_an_hour(self, make_session, settings):
        settings.ATTACHMENTS = replace(settings.ATTACHMENTS, per_address=1)
        address = "203.0.113.77"
        self.sent(make_session(), address=address)
        with pytest.raises(FileRefusedError) as refused:
            self.sent(make_session(), address=address)
        assert refused.value.code is Code.TOO_MANY_FILES

    def test_a_session_that_has_ended_takes_none_and_leaves_nothing(self, session, tmp_path):
        type(session).objects.update(closed_at=timezone.now())
        with pytest.raises(FileRefusedError):
            self.sent(session)
        assert not list(tmp_path.glob("??/*"))

    def test_what_no_line_named_goes_after_a_day(self, session):
        old, used, fresh = (self.sent(session) for _ in range(3))
        attach([used], message=self.line(session).pk)
        before = timezone.now() - timedelta(hours=25)
        Attachment.objects.exclude(pk=fresh.pk).update(created_at=before)
        assert sweeping.delete_unused() == 1
        assert set(Attachment.objects.values_list("pk", flat=True)) == {used.pk, fresh.pk}
        assert files.read(used.path) == files.read(fresh.path) == PDF
        with pytest.raises(FileNotFoundError):
            files.read(old.path)

    def test_what_a_line_names_stays_also_where_nobody_has_put_it_down(self, session):
        file = self.sent(session, by=Author.OPERATOR)
        line = self.line(session, author=Author.OPERATOR)
        Message.objects.filter(pk=line.pk).update(meta={"attachments": [file.told()]})
        Attachment.objects.update(created_at=timezone.now() - timedelta(hours=25))
        assert sweeping.delete_unused() == 0
        file.refresh_from_db()
        assert file.message == line

    def test_a_file_without_a_row_goes_after_a_day(self, session):
        known, lost, new = self.sent(session).path, files.write(b"lost"), files.write(b"new")
        then = time.time() - 90_000
        for path in (known, lost):
            os.utime(files._at(path), (then, then))
        assert sweeping.delete_orphans() == 1
        assert (files.read(known), files.read(new)) == (PDF, b"new")
        with pytest.raises(FileNotFoundError):
            files.read(lost)

    def test_an_erased_session_takes_its_files_along(
        self, session, django_capture_on_commit_callbacks
    ):
        path = self.sent(session).path
        with django_capture_on_commit_callbacks(execute=True):
            erase_sessions(sessions=[session.pk])
        assert not Attachment.objects.exists()
        with pytest.raises(FileNotFoundError):
            files.read(path)


@pytest.mark.django_db
class TestLinks:
    @pytest.fixture
    def file(self, make_session):
        body = upload(picture(), "../häuser <1>.png")
        return take(body, session=make_session().pk, by=Author.OPERATOR)

    def test_a_file_is_saved_and_never_opened_as_a_page(self, client, file):
        response = client.get(links.link(file.pk))
        assert (response.status_code, response["Content-Type"]) == (200, "image/png")
        assert response.content == files.read(file.path)
        disposition = response["Content-Disposition"]
        assert disposition == "attachment; filename*=utf-8''h%C3%A4user%201.png"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert response["Cross-Origin-Resource-Policy"] == "same-origin"
        assert response["Cache-Control"] == "private, max-age=3600"
        assert not response.cookies
        assert "Cookie" not in response.get("Vary", "")

    def test_a_link_ends_and_cannot_be_made(self, client, file, settings):
        link = links.link(file.pk)
        for wrong in (
            link[:-2] + "/",
            f"/files/{file.pk}/",
            link.replace(str(file.pk), str(uuid4())),
        ):
            assert client.get(wrong).status_code == 404
        settings.ATTACHMENTS = replace(settings.ATTACHMENTS, link_s=-1)
        assert client.get(link).status_code == 404

    def test_a_file_that_is_gone_is_not_found(self, client, file):
        link = links.link(file.pk)
        files.remove(file.path)
        assert client.get(link).status_code == 404
        Attachment.objects.all().delete()
        assert client.get(link).status_code == 404

    def test_a_line_travels_with_links_that_are_kept_nowhere(self, file):
        meta: dict[str, Any] = {"attachments": [file.told()], "ai": True}
        [travels] = links.linked(meta)["attachments"]
        assert links.opened(travels["url"].split("/")[2]) == file.pk
        assert "url" not in meta["attachments"][0]
        assert links.linked({"ai": True}) == {"ai": True}

    def test_the_team_reads_it_beside_its_line(self, file, make_session):
        told, session = file.told(), make_session()
        given = {"attachments": told["id"]}
        meta = {"attachments": [told]}
        Message.objects.create(session=session, seq=1, author=VISITOR, meta=meta, fields=given)
        client = signed_in(olga())
        shown = client.get(page("chat_session_change", session.pk)).content.decode()
        assert "häuser 1.png" in shown
        [link] = re.findall(r'href="(/files/[^"]+)"', shown)
        assert client.get(link).status_code == 200
        assert "attachments:" not in shown
