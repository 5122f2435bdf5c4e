import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0006_turns_in_flight"),
        ("handoff", "0030_who_gets_mail"),
    ]

    operations = [
        migrations.CreateModel(
            name="Mail",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("answer", "Answer to a visitor"),
                            ("waiting", "Tickets that nobody has taken"),
                        ],
                        max_length=7,
                        verbose_name="kind",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("due", "To be sent"),
                            ("sending", "Being sent"),
                            ("sent", "Sent"),
                            ("dropped", "Not needed any more"),
                            ("failed", "Failed"),
                            ("lost", "Unclear: it was being sent when the process ended"),
                        ],
                        default="due",
                        max_length=7,
                        verbose_name="state",
                    ),
                ),
                ("to_seq", models.PositiveBigIntegerField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("fault", models.CharField(blank=True, max_length=60, verbose_name="fault")),
                (
                    "due_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="due"),
                ),
                ("taken_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True, verbose_name="sent")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "operator",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mails",
                        to="handoff.operator",
                        verbose_name="operator",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mails",
                        to="chat.session",
                        verbose_name="session",
                    ),
                ),
                (
                    "tickets",
                    models.ManyToManyField(
                        related_name="mails", to="handoff.ticket", verbose_name="tickets"
                    ),
                ),
            ],
            options={
                "verbose_name": "e-mail",
                "verbose_name_plural": "e-mails",
                "ordering": ["-created_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["due", "sending"])),
                        fields=["due_at"],
                        name="mail_under_way",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "answer"), ("state", "due")),
                        fields=("session",),
                        name="mail_one_due_for_a_session",
                    )
                ],
            },
        ),
    ]
