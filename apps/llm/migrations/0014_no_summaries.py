from typing import Any

from django.db import migrations


def delete(apps: Any, _schema: Any) -> None:
    """Nothing has ever asked a model for summaries; what checks of them cost stays in the ledger."""
    apps.get_model("llm", "Model").objects.filter(purpose="summary").delete()


class Migration(migrations.Migration):
    dependencies = [("llm", "0013_limits_in_words")]

    operations = [migrations.RunPython(delete, migrations.RunPython.noop)]
