import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("llm", "0004_routing"), ("sites", "0006_short_names_of_sides")]

    operations = [
        migrations.CreateModel(
            name="Call",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="time"),
                ),
                ("session", models.UUIDField(null=True, verbose_name="session")),
                ("turn", models.UUIDField(null=True, verbose_name="turn")),
                ("attempt", models.PositiveSmallIntegerField(default=1, verbose_name="attempt")),
                ("provider_name", models.CharField(max_length=100, verbose_name="provider")),
                ("model_name", models.CharField(max_length=200, verbose_name="model")),
                (
                    "served",
                    models.CharField(
                        blank=True, max_length=200, verbose_name="model that answered"
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
                        max_length=9,
                        verbose_name="used for",
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("ok", "Answered"),
                            ("deadline", "Too slow"),
                            ("first_token", "First word too late"),
                            ("gap", "Stopped in the middle"),
                            ("unreachable", "Not reached"),
                            ("tls", "Certificate does not hold"),
                            ("blocked", "Address not allowed"),
                            ("auth", "Key refused"),
                            ("missing_model", "Model not there"),
                            ("rate_limited", "Provider's limit"),
                            ("server_error", "Error of the server"),
                            ("bad_request", "Request refused"),
                            ("bad_output", "Answer not usable"),
                            ("too_large", "Answer too long"),
                            ("cut", "Connection cut"),
                            ("cancelled", "Given up: no longer wanted"),
                            ("quota", "Own quota used up"),
                            ("busy", "All places taken"),
                            ("breaker", "Not asked: failed lately"),
                            ("cap", "Not asked: cap reached"),
                            ("no_time", "Not asked: no time left"),
                        ],
                        max_length=13,
                        verbose_name="outcome",
                    ),
                ),
                ("why", models.CharField(blank=True, max_length=40, verbose_name="asked because")),
                (
                    "way",
                    models.CharField(
                        blank=True, max_length=11, verbose_name="way to a structured answer"
                    ),
                ),
                ("tokens_in", models.PositiveIntegerField(default=0, verbose_name="tokens read")),
                (
                    "tokens_out",
                    models.PositiveIntegerField(default=0, verbose_name="tokens written"),
                ),
                (
                    "cached_in",
                    models.PositiveIntegerField(default=0, verbose_name="of these from a cache"),
                ),
                (
                    "measured",
                    models.BooleanField(
                        default=True, verbose_name="tokens counted by the provider"
                    ),
                ),
                (
                    "cost",
                    models.DecimalField(
                        decimal_places=8, max_digits=18, null=True, verbose_name="cost"
                    ),
                ),
                ("currency", models.CharField(blank=True, max_length=3, verbose_name="currency")),
                (
                    "first_token_ms",
                    models.PositiveIntegerField(null=True, verbose_name="first word, ms"),
                ),
                (
                    "total_ms",
                    models.PositiveIntegerField(default=0, verbose_name="ms"),
                ),
                ("sent", models.JSONField(null=True, verbose_name="what left the house")),
                (
                    "prompt_version",
                    models.CharField(
                        blank=True, max_length=40, verbose_name="version of the prompt"
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="sites.site",
                        verbose_name="site",
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="llm.model",
                        verbose_name="model",
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="llm.provider",
                        verbose_name="provider",
                    ),
                ),
            ],
            options={
                "verbose_name": "ledger row",
                "verbose_name_plural": "ledger rows",
                "ordering": ["-at", "-pk"],
                "default_permissions": ("view",),
            },
        ),
        migrations.AddIndex(
            model_name="call",
            index=models.Index(fields=["-at", "-id"], name="llm_call_newest"),
        ),
        migrations.AddIndex(
            model_name="call",
            index=models.Index(fields=["session", "at"], name="llm_call_of_session"),
        ),
        migrations.AddIndex(
            model_name="call",
            index=models.Index(
                condition=models.Q(("cost__gt", 0)),
                fields=["site", "at"],
                include=("cost", "currency"),
                name="llm_call_paid_of_site",
            ),
        ),
    ]
