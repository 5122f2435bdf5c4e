import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("llm", "0009_calls_with_text"), ("sites", "0006_short_names_of_sides")]

    operations = [
        migrations.CreateModel(
            name="DroppedAnswer",
            fields=[
                ("said", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("turn", models.UUIDField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "site",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="sites.site",
                    ),
                ),
            ],
            options={
                "verbose_name": "dropped answer",
                "verbose_name_plural": "dropped answers",
                "default_permissions": (),
            },
        ),
    ]
