from django.db import migrations, models

PURPOSES = [("answer", "Answers"), ("embedding", "Embeddings")]


class Migration(migrations.Migration):
    dependencies = [("llm", "0014_no_summaries")]

    operations = [
        migrations.AlterField(
            model_name="call",
            name="purpose",
            field=models.CharField(choices=PURPOSES, max_length=9, verbose_name="used for"),
        ),
        migrations.AlterField(
            model_name="model",
            name="purpose",
            field=models.CharField(
                choices=PURPOSES, default="answer", max_length=9, verbose_name="used for"
            ),
        ),
    ]
