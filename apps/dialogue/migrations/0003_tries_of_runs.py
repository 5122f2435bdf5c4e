from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("dialogue", "0002_action_runs"),
    ]

    operations = [
        migrations.AddField(
            model_name="wrongproof",
            name="run",
            field=models.UUIDField(db_index=True, null=True),
        ),
    ]
