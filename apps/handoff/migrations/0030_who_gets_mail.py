import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("handoff", "0010_what_operators_write")]

    operations = [
        migrations.AddField(
            model_name="operator",
            name="mail_language",
            field=models.CharField(
                blank=True,
                choices=[("en", "English"), ("zh-Hans", "Simplified Chinese")],
                db_default="",
                default="",
                help_text="Empty: the language of this server.",
                max_length=12,
                verbose_name="language of e-mails",
            ),
        ),
        migrations.AddField(
            model_name="operator",
            name="wants_mail",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="About tickets that nobody has taken, at most once an hour.",
                verbose_name="e-mails about waiting tickets",
            ),
        ),
        migrations.AddField(
            model_name="team",
            name="alert_minutes",
            field=models.PositiveSmallIntegerField(
                blank=True,
                db_default=15,
                default=15,
                help_text="How long nobody may have taken a ticket before the team's operators get an e-mail. Empty: they get none.",
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="e-mail after (minutes)",
            ),
        ),
    ]
