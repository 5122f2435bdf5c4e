import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("llm", "0006_answers_from_the_cache"), ("sites", "0006_short_names_of_sides")]

    operations = [
        migrations.CreateModel(
            name="AnswerCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("asked", models.PositiveBigIntegerField(default=0)),
                ("hits", models.PositiveBigIntegerField(default=0)),
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
                "verbose_name": "use of the answer cache",
                "verbose_name_plural": "uses of the answer cache",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("site", "day"), name="llm_answer_count_once_per_day"
                    )
                ],
            },
        ),
    ]
