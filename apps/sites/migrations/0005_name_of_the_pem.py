from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sites", "0004_identity_keys")]

    operations = [
        migrations.AlterField(
            model_name="site",
            name="identity_key",
            field=models.TextField(
                blank=True,
                help_text="As PEM. For RS256 and ES256 only; the private key stays on your server.",
                max_length=4000,
                verbose_name="public key (PEM)",
            ),
        )
    ]
