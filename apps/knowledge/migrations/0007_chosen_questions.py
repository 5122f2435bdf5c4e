from django.db import migrations, models


class Migration(migrations.Migration):
    # Its name until the numbers were put in order: databases have it on record.
    replaces = [("knowledge", "0011_chosen_questions")]

    dependencies = [("knowledge", "0006_faq_import")]

    operations = [
        migrations.AlterField(
            model_name="unansweredquestion",
            name="outcome",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "Open"),
                    ("answered", "Answered"),
                    ("chosen", "The visitor chose an entry"),
                    ("dismissed", "Dismissed"),
                ],
                default="",
                max_length=9,
                verbose_name="outcome",
            ),
        ),
    ]
