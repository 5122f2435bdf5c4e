"""Sessions that wait for a person who could not reach them are asked for an address again."""

from typing import Any

from django.db import migrations


def ask_again(apps: Any, _schema: Any) -> None:
    nameless = apps.get_model("handoff", "Ticket").objects.filter(status="open", email="", phone="")
    sessions = apps.get_model("chat", "Session").objects.filter(mode="queued", state="HANDOFF")
    sessions.filter(id__in=nameless.values("session")).update(state="COLLECT")


class Migration(migrations.Migration):
    dependencies = [("handoff", "0002_ticket_withdrawn"), ("chat", "0001_initial")]

    operations = [migrations.RunPython(ask_again, migrations.RunPython.noop)]
