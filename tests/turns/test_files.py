"""Lines that name files, where models answer: their words are left to one, the files to nobody."""

import uuid

import pytest
from channels.db import database_sync_to_async as in_database
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.chat.attachments.services import take
from apps.chat.frames import Send
from apps.chat.models import Attachment, Message
from apps.dialogue.turns.asking import Asker
from apps.engine.types import Author
from tests.pictures import PDF
from tests.turns.conversations import ALL_DONE, turns_of
from tests.turns.shop import ANSWER, NEAR

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.ATTACHMENTS_DIR = tmp_path


@pytest.fixture
def send(driver, handle):
    """Sends a line with a file of its own; the file's row."""

    async def go(text):
        session, upload = handle.standing.session, SimpleUploadedFile("bill.pdf", PDF)
        file = await in_database(take)(upload, session=session, by=Author.VISITOR)
        frame = Send(cmid=uuid.uuid4(), text=text, attachments=[file.pk])
        answer = await driver.send(handle, frame)
        assert answer["type"] == "ack"
        kept = await in_database(Attachment.objects.select_related("message").get)(pk=file.pk)
        assert str(kept.message.pk) == answer["message"]
        assert kept.message.meta["attachments"] == [file.told()]
        return kept

    return go


async def said_by(author):
    rows = Message.objects.filter(author=author).order_by("seq")
    return await in_database(lambda: [row.text for row in rows])()


async def test_the_words_are_answered_by_a_model(
    handle, models, send, started, watch, fakellm, all_holds
):
    await in_database(models)("good")
    await send(NEAR)
    assert await turns_of(handle.standing.session) == [("pending", 0, 1, 1)]
    async with started.drain(Asker()):
        await in_database(watch.until)(ALL_DONE)
    assert await said_by("bot") == [ANSWER]
    assert "bill.pdf" not in str(fakellm.calls("good")[0]["body"])


async def test_a_file_without_words_joins_no_turn_and_is_told_of_at_once(
    handle, models, send, started, watch, all_holds
):
    await in_database(models)("good")
    await send(NEAR)
    await send("")
    # It waits for nobody, and nobody for it.
    done, pending = sorted(await turns_of(handle.standing.session))
    assert (done, pending) == (("done", 0, 2, 2), ("pending", 0, 1, 1))
    [notice] = await said_by("system")
    assert "cannot look into it" in notice
    async with started.drain(Asker()):
        await in_database(watch.until)(ALL_DONE)
    assert await said_by("bot") == [ANSWER]
