import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0008_what_a_ticket_holds"),
    ]

    operations = [
        migrations.CreateModel(
            name="TicketEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("opened", "Opened"),
                            ("claimed", "Taken"),
                            ("assigned", "Given by the queue"),
                            ("taken_over", "Taken over"),
                            ("transferred", "Passed on"),
                            ("returned", "Returned to the assistant"),
                            ("requeued", "Back in the queue"),
                            (
                                "missed",
                                "Back in the queue: the operator was silent for five minutes",
                            ),
                            ("resolved", "Settled"),
                            ("undone", "Settling undone"),
                            ("reopened", "Reopened"),
                            ("withdrawn", "Withdrawn by the visitor"),
                            ("told_nobody", "Visitor was told that nobody is there"),
                            ("noted", "Noted"),
                            ("priority", "Priority changed"),
                            ("slot_edited", "Detail changed"),
                            ("slot_asked", "Detail asked for"),
                            ("corrected", "Answer corrected"),
                        ],
                        max_length=12,
                        verbose_name="what",
                    ),
                ),
                ("text", models.TextField(blank=True, verbose_name="text")),
                ("data", models.JSONField(default=dict)),
                (
                    "at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="time"),
                ),
                (
                    "operator",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="handoff.operator",
                        verbose_name="operator",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="handoff.ticket",
                        verbose_name="ticket",
                    ),
                ),
            ],
            options={
                "verbose_name": "ticket event",
                "verbose_name_plural": "ticket events",
                "ordering": ["id"],
            },
        ),
    ]
