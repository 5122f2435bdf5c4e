import uuid

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("llm", "0001_providers")]

    operations = [
        migrations.CreateModel(
            name="Model",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="Exactly as the server calls it, such as gpt-4o-mini or qwen2.5:7b.",
                        max_length=200,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[^\\s\\x00-\\x1f]+\\Z", "Write it without spaces."
                            )
                        ],
                        verbose_name="name for the server",
                    ),
                ),
                (
                    "label",
                    models.CharField(
                        blank=True,
                        help_text="Empty: the server's.",
                        max_length=100,
                        verbose_name="name for people",
                    ),
                ),
                (
                    "tier",
                    models.CharField(
                        choices=[
                            ("local", "Local"),
                            ("cloud", "Cloud"),
                            ("last_resort", "Last resort (cloud)"),
                        ],
                        default="local",
                        max_length=11,
                        verbose_name="tier",
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("answer", "Answers"),
                            ("summary", "Summaries"),
                            ("embedding", "Embeddings"),
                        ],
                        default="answer",
                        max_length=9,
                        verbose_name="used for",
                    ),
                ),
                (
                    "rank",
                    models.PositiveSmallIntegerField(
                        help_text="Within its tier the lowest is asked first. Empty: behind the others.",
                        verbose_name="rank",
                    ),
                ),
                (
                    "context",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="How many tokens it reads and writes at most. Empty: not known.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(256)],
                        verbose_name="context",
                    ),
                ),
                (
                    "most_tokens",
                    models.PositiveIntegerField(
                        default=800,
                        help_text="In tokens.",
                        validators=[django.core.validators.MinValueValidator(16)],
                        verbose_name="longest answer",
                    ),
                ),
                (
                    "deadline_s",
                    models.FloatField(
                        default=20,
                        help_text="In seconds, for the whole answer.",
                        validators=[
                            django.core.validators.MinValueValidator(0.1),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="deadline",
                    ),
                ),
                (
                    "first_token_s",
                    models.FloatField(
                        default=8,
                        help_text="In seconds.",
                        validators=[
                            django.core.validators.MinValueValidator(0.1),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="first word within",
                    ),
                ),
                (
                    "gap_s",
                    models.FloatField(
                        default=5,
                        help_text="In seconds, between two pieces of an answer.",
                        validators=[
                            django.core.validators.MinValueValidator(0.1),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="longest pause",
                    ),
                ),
                (
                    "tokens_per_minute",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="The quota. Empty: none.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(
                                1,
                                "A quota of 0 lets nothing through: leave it empty for none, or disable the model.",
                            )
                        ],
                        verbose_name="tokens per minute",
                    ),
                ),
                (
                    "concurrency",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Empty: no limit. One CPU answers one or two at a time.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(
                                1,
                                "A quota of 0 lets nothing through: leave it empty for none, or disable the model.",
                            )
                        ],
                        verbose_name="calls at once",
                    ),
                ),
                (
                    "dimensions",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="For embeddings. Empty: the check notes what it sees.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(16000),
                        ],
                        verbose_name="length of vectors",
                    ),
                ),
                (
                    "way",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("json_schema", "JSON by schema"),
                            ("json_object", "JSON, the schema in the prompt"),
                            ("tool", "A forced tool"),
                            ("prompt", "The prompt only"),
                        ],
                        editable=False,
                        max_length=11,
                        verbose_name="way to a structured answer",
                    ),
                ),
                ("way_checked_at", models.DateTimeField(editable=False, null=True)),
                ("is_enabled", models.BooleanField(default=True, verbose_name="enabled")),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="models",
                        to="llm.provider",
                        verbose_name="provider",
                    ),
                ),
            ],
            options={
                "verbose_name": "model",
                "verbose_name_plural": "models",
                "ordering": ["purpose", "tier", "rank"],
            },
        ),
        migrations.AddConstraint(
            model_name="model",
            constraint=models.UniqueConstraint(
                fields=("tier", "purpose", "rank"),
                name="llm_model_rank_once",
                violation_error_message="Another model has this rank in the tier.",
            ),
        ),
        migrations.AddConstraint(
            model_name="model",
            constraint=models.UniqueConstraint(
                fields=("provider", "name", "purpose"),
                name="llm_model_once_per_purpose",
                violation_error_message="The provider has this model for this purpose already.",
            ),
        ),
    ]
