from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0004_reasons_of_flows"),
    ]

    operations = [
        migrations.AddField(
            model_name="ticket",
            name="about",
            field=models.TextField(blank=True, db_default="", verbose_name="about"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="flow",
            field=models.CharField(blank=True, db_default="", max_length=100, verbose_name="flow"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="slots",
            field=models.JSONField(db_default=[], default=list, verbose_name="details"),
        ),
    ]
