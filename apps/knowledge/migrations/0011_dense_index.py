import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("knowledge", "0010_embedded_entries"),
        ("sites", "0006_short_names_of_sides"),
    ]

    operations = [
        migrations.CreateModel(
            name="DenseIndex",
            fields=[
                (
                    "site",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to="sites.site",
                    ),
                ),
                ("embedder", models.CharField(blank=True, max_length=300)),
                ("label", models.CharField(blank=True, max_length=300)),
                ("knowledge", models.PositiveBigIntegerField(default=0)),
                ("built", models.PositiveBigIntegerField(default=0)),
                ("built_at", models.DateTimeField(null=True)),
                ("entries", models.PositiveIntegerField(default=0)),
                ("body", models.BinaryField(default=bytes)),
                ("fits", models.JSONField(default=dict)),
                ("making", models.CharField(blank=True, max_length=300)),
                ("making_label", models.CharField(blank=True, max_length=300)),
                ("done", models.PositiveIntegerField(default=0)),
                ("total", models.PositiveIntegerField(default=0)),
                ("busy_until", models.DateTimeField(null=True)),
                (
                    "problem",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("failed", "The model for embeddings does not answer as it should"),
                            ("wrong_size", "Its vectors have another length than before"),
                            ("too_many", "Too many texts for the memory of a process"),
                        ],
                        max_length=20,
                    ),
                ),
                ("problem_detail", models.CharField(blank=True, max_length=300)),
                ("problem_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "search by meaning",
                "verbose_name_plural": "searches by meaning",
                "default_permissions": (),
            },
        ),
    ]
