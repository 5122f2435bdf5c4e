from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("knowledge", "0014_too_many_texts"),
    ]

    operations = [
        migrations.AlterField(
            model_name="denseindex",
            name="problem",
            field=models.CharField(
                blank=True,
                choices=[
                    ("failed", "The model for embeddings does not answer as it should"),
                    ("wrong_size", "Its vectors have another length than before"),
                    (
                        "too_many",
                        "Too many texts for memory, and the database cannot search vectors",
                    ),
                    (
                        "too_slow",
                        "Putting it together takes longer than a task may: shorter vectors help",
                    ),
                ],
                max_length=20,
            ),
        ),
    ]
