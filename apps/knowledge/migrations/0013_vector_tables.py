import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("knowledge", "0012_pgvector"),
        ("sites", "0006_short_names_of_sides"),
    ]

    operations = [
        migrations.CreateModel(
            name="VectorTable",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("embedder", models.CharField(max_length=300)),
                ("language", models.CharField(max_length=12)),
                ("size", models.PositiveSmallIntegerField()),
                ("unused_since", models.DateTimeField(null=True)),
                (
                    "site",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="sites.site",
                    ),
                ),
            ],
            options={
                "verbose_name": "table of vectors",
                "verbose_name_plural": "tables of vectors",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("unused_since", None)),
                        fields=("site", "embedder", "language", "size"),
                        name="vectors_once_per_index",
                    )
                ],
            },
        ),
    ]
