from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0010_faq_import")]

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
