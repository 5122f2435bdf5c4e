from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import migrations, models

NO_CAP = "Leave it empty for no cap. To spend nothing, choose “Local models only”."
NO_CALLS = (
    "With 0 calls at once nothing is asked: leave it empty for no limit, or disable the model."
)


def cap(name: str, help_text: str) -> models.DecimalField:
    return models.DecimalField(
        blank=True,
        decimal_places=4,
        help_text=help_text,
        max_digits=12,
        null=True,
        validators=[MinValueValidator(Decimal("0.0001"), NO_CAP)],
        verbose_name=name,
    )


class Migration(migrations.Migration):
    dependencies = [("llm", "0012_call_keys")]

    operations = [
        migrations.AlterField(
            model_name="model",
            name="concurrency",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Empty: no limit. One CPU answers one or two at a time.",
                null=True,
                validators=[MinValueValidator(1, NO_CALLS)],
                verbose_name="calls at once",
            ),
        ),
        migrations.AlterField(
            model_name="routing",
            name="cap_chat",
            field=cap(
                "most per chat",
                "Once it is spent, the chat asks local models only. Empty: no cap.",
            ),
        ),
        migrations.AlterField(
            model_name="routing",
            name="cap_day",
            field=cap("most per day", "For all chats of the site together. Empty: no cap."),
        ),
    ]
