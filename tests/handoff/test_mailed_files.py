"""Files of an answer that goes by e-mail."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.chat.attachments.services import take
from apps.engine.types import Author
from apps.handoff import mailing
from apps.handoff.models import Mail, Ticket
from apps.handoff.services import answer
from tests.handoff.team import nora

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("language", "told"), [("en", "until"), ("zh-Hans", "有效")])
def test_they_have_addresses_that_work_without_the_chat(
    make_session, client, settings, tmp_path, mailoutbox, language, told
):
    settings.ATTACHMENTS_DIR = tmp_path
    settings.PUBLIC_URL = "https://desk.example"
    session, who = make_session(language=language, mode="human", state="HANDOFF"), nora()
    Ticket.objects.create(
        session=session, site=session.site, operator=who, email="jo@shop.example", reason="asked"
    )
    given = SimpleUploadedFile("../price list.txt", b"Cheap")
    file = take(given, session=session.pk, by=Author.OPERATOR)
    files = [file.told()]
    answer(
        session_id=session.pk, operator=who, text="", cmid=file.pk, seen_seq=0, attachments=files
    )
    Mail.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    mailing.send_due()
    [sent] = mailoutbox
    [link] = re.findall(r"^price list.txt\nhttps://desk.example(\S+)$", str(sent.body), re.M)
    assert told in sent.body
    response = client.get(link)
    assert (response.content, response["X-Content-Type-Options"]) == (b"Cheap", "nosniff")
    assert response["Content-Disposition"].startswith("attachment")
    settings.ATTACHMENTS = replace(settings.ATTACHMENTS, kept_link_s=-1)
    assert client.get(link).status_code == 404
