from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("dialogue", "0003_tries_of_runs"),
    ]

    operations = [
        migrations.AddField(
            model_name="webhookdelivery",
            name="tries_before",
            field=models.PositiveSmallIntegerField(default=0),
        ),
    ]
