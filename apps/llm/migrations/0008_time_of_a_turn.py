import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("llm", "0007_answer_counts")]

    operations = [
        migrations.AddField(
            model_name="routing",
            name="deadline_s",
            field=models.PositiveSmallIntegerField(
                blank=True,
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(10),
                    django.core.validators.MaxValueValidator(120),
                ],
                verbose_name="answer within",
            ),
        ),
    ]
