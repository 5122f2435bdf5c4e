import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("llm", "0003_prices"), ("sites", "0006_short_names_of_sides")]

    operations = [
        migrations.CreateModel(
            name="Routing",
            fields=[
                (
                    "site",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="routing",
                        serialize=False,
                        to="sites.site",
                        verbose_name="site",
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("off", "No model"),
                            ("local_only", "Local models only"),
                            ("local_then_cloud", "Local models, then the cloud"),
                        ],
                        default="local_only",
                        max_length=16,
                        verbose_name="models",
                    ),
                ),
                (
                    "last_resort",
                    models.BooleanField(
                        default=False,
                        help_text="High-value sessions may ask the models of the tier “Last resort” as well.",
                        verbose_name="last resort",
                    ),
                ),
                (
                    "cap_chat",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="Once it is spent, the chat asks local models only. Empty: no cap.",
                        max_digits=12,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(
                                0.0001,
                                "Leave it empty for no cap. To spend nothing, choose “Local models only”.",
                            )
                        ],
                        verbose_name="most per chat",
                    ),
                ),
                (
                    "cap_day",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="For all chats of the site together. Empty: no cap.",
                        max_digits=12,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(
                                0.0001,
                                "Leave it empty for no cap. To spend nothing, choose “Local models only”.",
                            )
                        ],
                        verbose_name="most per day",
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
                        verbose_name="currency of the caps",
                    ),
                ),
            ],
            options={
                "verbose_name": "routing",
                "verbose_name_plural": "routing",
                "ordering": ["site__name"],
            },
        ),
    ]
