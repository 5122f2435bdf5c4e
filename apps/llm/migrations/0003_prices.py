import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("llm", "0002_models")]

    operations = [
        migrations.CreateModel(
            name="Price",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("valid_from", models.DateField(verbose_name="valid from")),
                (
                    "valid_until",
                    models.DateField(
                        blank=True,
                        help_text="Empty: until the next price.",
                        null=True,
                        verbose_name="valid until",
                    ),
                ),
                (
                    "price_in",
                    models.DecimalField(
                        decimal_places=8,
                        max_digits=14,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="1,000 tokens read",
                    ),
                ),
                (
                    "price_out",
                    models.DecimalField(
                        decimal_places=8,
                        max_digits=14,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="1,000 tokens written",
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        default="USD",
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}\\Z", "Write three letters, such as USD or CNY."
                            )
                        ],
                        verbose_name="currency",
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="prices",
                        to="llm.model",
                        verbose_name="model",
                    ),
                ),
            ],
            options={
                "verbose_name": "price",
                "verbose_name_plural": "prices",
                "ordering": ["-valid_from"],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("model", "valid_from"),
                        name="llm_price_once_per_day",
                        violation_error_message="Another price begins on this day.",
                    )
                ],
            },
        ),
    ]
