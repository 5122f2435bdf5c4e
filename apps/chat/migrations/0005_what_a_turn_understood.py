from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0004_flows_in_turns_and_moves"),
    ]

    operations = [
        migrations.AddField(
            model_name="turn",
            name="understood",
            field=models.JSONField(db_default=[], default=list, verbose_name="understood"),
        ),
    ]
