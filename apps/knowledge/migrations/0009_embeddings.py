import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("knowledge", "0008_import_decided_by"),
    ]

    operations = [
        migrations.CreateModel(
            name="Embedding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("embedder", models.CharField(max_length=300)),
                ("normaliser", models.PositiveSmallIntegerField()),
                ("digest", models.BinaryField(max_length=32)),
                ("vector", models.BinaryField()),
                ("used_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "embedding",
                "verbose_name_plural": "embeddings",
                "default_permissions": (),
                "indexes": [models.Index(fields=["used_at"], name="embedding_by_use")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("embedder", "normaliser", "digest"), name="embedding_once_per_text"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="EmbeddingCount",
            fields=[
                ("embedder", models.CharField(max_length=300, primary_key=True, serialize=False)),
                ("asked", models.PositiveBigIntegerField(default=0)),
                ("hits", models.PositiveBigIntegerField(default=0)),
            ],
            options={
                "verbose_name": "use of the embedding cache",
                "verbose_name_plural": "uses of the embedding cache",
                "default_permissions": (),
            },
        ),
    ]
