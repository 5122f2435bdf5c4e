from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0013_vector_tables")]

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
                ],
                max_length=20,
            ),
        ),
    ]
