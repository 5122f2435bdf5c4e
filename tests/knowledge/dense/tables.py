"""What tests ask of tables of vectors, past the code that keeps them."""

from django.db import connection
from django.utils import timezone

from apps.knowledge.dense import tables
from apps.knowledge.models import VectorTable


def names():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname ~ '^knowledge_vectors_[0-9]+$'")
        return {name for (name,) in cursor.fetchall()}


def versions(number):
    """Where each row stands: another place, another row."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT entry, text, ctid::text FROM knowledge_vectors_{number}")
        return {(entry, bytes(text)): place for entry, text, place in cursor.fetchall()}


def expire():
    """As if nobody had used any for long."""
    VectorTable.objects.update(unused_since=timezone.now() - 2 * tables.KEPT)


def drop_all():
    """For tests whose commits stay."""
    expire()
    tables.drop_unused()
