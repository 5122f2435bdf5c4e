import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Provider",
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
                        error_messages={"unique": "Another provider has this name."},
                        max_length=100,
                        unique=True,
                        verbose_name="name",
                    ),
                ),
                (
                    "dialect",
                    models.CharField(
                        choices=[
                            ("openai", "OpenAI"),
                            ("anthropic", "Anthropic"),
                            ("ollama", "Ollama"),
                            ("vllm", "vLLM"),
                            ("llamacpp", "llama.cpp"),
                            ("other", "Other, OpenAI-compatible"),
                        ],
                        default="other",
                        max_length=9,
                        verbose_name="kind of server",
                    ),
                ),
                (
                    "base_url",
                    models.CharField(
                        help_text="Up to where /chat/completions follows, such as http://127.0.0.1:11434/v1.",
                        max_length=500,
                        verbose_name="address",
                    ),
                ),
                ("sealed_key", models.TextField(blank=True, editable=False)),
                ("key_end", models.CharField(blank=True, editable=False, max_length=4)),
                (
                    "is_enabled",
                    models.BooleanField(
                        default=True,
                        help_text="Off: none of its models is asked.",
                        verbose_name="enabled",
                    ),
                ),
                ("preset", models.CharField(blank=True, editable=False, max_length=40)),
                (
                    "checked_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="checked"),
                ),
                ("findings", models.JSONField(blank=True, default=list, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ],
            options={
                "verbose_name": "provider",
                "verbose_name_plural": "providers",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="LadderState",
            fields=[
                (
                    "only",
                    models.BooleanField(
                        default=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("version", models.PositiveBigIntegerField(default=0)),
            ],
            options={
                "verbose_name": "state of the models",
                "verbose_name_plural": "states of the models",
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("only", True)), name="llm_ladder_state_one_row"
                    )
                ],
            },
        ),
    ]
