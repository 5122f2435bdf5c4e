import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("knowledge", "0009_embeddings"),
        ("sites", "0006_short_names_of_sides"),
    ]

    operations = [
        migrations.CreateModel(
            name="EmbeddedEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("embedder", models.CharField(max_length=300)),
                ("entry", models.CharField(max_length=40)),
                ("hash", models.CharField(blank=True, max_length=64)),
                ("texts", models.JSONField(default=list)),
                ("phrasings", models.PositiveSmallIntegerField(default=0)),
                (
                    "site",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="sites.site"),
                ),
            ],
            options={
                "verbose_name": "embedded entry",
                "verbose_name_plural": "embedded entries",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("site", "embedder", "entry"), name="embedded_once_per_entry"
                    )
                ],
            },
        ),
    ]
