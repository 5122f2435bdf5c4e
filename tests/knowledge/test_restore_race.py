"""Two people bring the same deleted entry back at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from apps.knowledge.models import Faq, FaqVersion
from apps.knowledge.services import delete_entries, restore, save_entry
from tests.staff import olga, page, signed_in, texts

WAITS = "SELECT count(*) FROM pg_locks WHERE NOT granted"
SAID = "Somebody else has brought it back at the same moment. Look at how it stands now."


def sent(client: Client, path: str, number: int) -> Any:
    try:
        return client.post(path, {"version": number}, follow=True)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_one_does_and_the_other_is_told(site):
    faq = Faq(site=site, language="en", question="How long?", answer="Two days.", status="live")
    boss = olga()
    client = signed_in(boss)
    save_entry(entry=faq, phrasings=(), author=boss)
    number = faq.pk
    delete_entries(entries=[faq], author=boss)
    version = FaqVersion.objects.filter(faq_id=number).order_by("-number")[0]
    path = page("knowledge_faq_history", number)
    with ThreadPoolExecutor(1) as other, connection.cursor() as cursor:
        with transaction.atomic():
            restore(version=version, author=boss)
            late = other.submit(sent, client, path, version.number)
            while not late.done():
                cursor.execute(WAITS)
                if cursor.fetchone() != (0,):
                    break
        answer = late.result()
    assert answer.status_code == 200
    assert SAID in texts(answer.content.decode())
    assert answer.redirect_chain == [(page("knowledge_faq_change", number), 302)]
    assert Faq.objects.count() == 1
