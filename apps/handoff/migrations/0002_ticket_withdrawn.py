from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("handoff", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="ticket",
            name="status",
            field=models.CharField(
                choices=[("open", "Open"), ("done", "Done"), ("withdrawn", "Withdrawn")],
                default="open",
                max_length=9,
                verbose_name="status",
            ),
        ),
    ]
