from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("llm", "0011_redirects")]

    operations = [
        migrations.AddField(
            model_name="call",
            name="key",
            field=models.UUIDField(editable=False, null=True, unique=True),
        ),
    ]
