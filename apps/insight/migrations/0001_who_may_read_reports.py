from django.db import migrations, models


class Migration(migrations.Migration):
    """No table: Django makes the permission of it."""

    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Report",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
            ],
            options={
                "verbose_name": "report",
                "verbose_name_plural": "reports",
                "managed": False,
                "default_permissions": ("view",),
            },
        ),
    ]
