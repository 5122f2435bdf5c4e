"""Vectors of large sites stand in tables of pgvector. A server that lacks it, or does not let this
role have it, does without: whoever builds an index asks whether it is there."""

from typing import Any

from django.db import DatabaseError, migrations, transaction


def create(_apps: Any, editor: Any, *, name: str = "vector") -> bool:
    """Whether it could be."""
    quoted = editor.connection.ops.quote_name(name)
    try:
        # A savepoint: what fails must not end the transaction of the migration.
        with (
            transaction.atomic(using=editor.connection.alias),
            editor.connection.cursor() as cursor,
        ):
            cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {quoted}")
    except DatabaseError:
        return False
    return True


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0011_dense_index")]

    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
