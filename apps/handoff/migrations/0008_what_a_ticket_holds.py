import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0007_hours_people_and_targets"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="ticket",
            options={
                "ordering": ["-created_at"],
                "permissions": [
                    ("work_console", "Can answer visitors in the console"),
                    ("take_over", "Can take a chat over from another operator"),
                    ("supervise", "Can see and direct the work of all operators"),
                ],
                "verbose_name": "ticket",
                "verbose_name_plural": "tickets",
            },
        ),
        migrations.AddField(
            model_name="ticket",
            name="claimed_at",
            field=models.DateTimeField(null=True, verbose_name="taken"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="first_due_at",
            field=models.DateTimeField(null=True, verbose_name="first answer due"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="first_response_at",
            field=models.DateTimeField(null=True, verbose_name="first answer"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="flow_key",
            field=models.CharField(blank=True, db_default="", editable=False, max_length=40),
        ),
        migrations.AddField(
            model_name="ticket",
            name="kept",
            field=models.JSONField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="ticket",
            name="missed",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, verbose_name="times missed"
            ),
        ),
        migrations.AddField(
            model_name="ticket",
            name="outcome",
            field=models.CharField(
                blank=True,
                choices=[
                    ("answered", "Answered"),
                    ("sorted_out", "Sorted out"),
                    ("not_reachable", "Not reachable"),
                    ("spam", "Spam"),
                    ("other", "Other"),
                ],
                db_default="",
                max_length=13,
                verbose_name="outcome",
            ),
        ),
        migrations.AddField(
            model_name="ticket",
            name="packet",
            field=models.JSONField(db_default={}, default=dict, editable=False),
        ),
        migrations.AddField(
            model_name="ticket",
            name="priority",
            field=models.PositiveSmallIntegerField(
                choices=[(0, "Urgent"), (1, "High"), (2, "Normal"), (3, "Low")],
                db_default=2,
                default=2,
                verbose_name="priority",
            ),
        ),
        migrations.AddField(
            model_name="ticket",
            name="reopened",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, verbose_name="times reopened"
            ),
        ),
        migrations.AddField(
            model_name="ticket",
            name="resolve_due_at",
            field=models.DateTimeField(null=True, verbose_name="to be settled by"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="resolved_at",
            field=models.DateTimeField(null=True, verbose_name="settled"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="summary",
            field=models.CharField(
                blank=True, db_default="", max_length=300, verbose_name="summary"
            ),
        ),
        migrations.AddField(
            model_name="ticket",
            name="version",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="ticket",
            name="waiting_since",
            field=models.DateTimeField(null=True, verbose_name="waits since"),
        ),
        migrations.AlterField(
            model_name="ticket",
            name="reason",
            field=models.CharField(
                choices=[
                    ("asked", "Visitor asked for a person"),
                    ("high_risk", "High risk and not sure enough"),
                    ("low_confidence", "Not sure enough"),
                    ("no_knowledge", "No answer found"),
                    ("slot_failed", "A detail could not be had"),
                    ("action_failed", "An action failed, or its end is not clear"),
                    ("loop", "The conversation went in circles"),
                    ("policy", "A row of the policy"),
                    ("action", "A flow ended in this ticket"),
                    ("contact", "Visitor left a message"),
                    ("model_down", "The model was out of order"),
                    ("deadline", "No answer came in time"),
                    ("stepped_in", "An operator stepped in"),
                    ("unanswered", "No answer came"),
                ],
                max_length=20,
                verbose_name="reason",
            ),
        ),
        migrations.AddField(
            model_name="ticket",
            name="operator",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="tickets",
                to="handoff.operator",
                verbose_name="operator",
            ),
        ),
        migrations.AddField(
            model_name="ticket",
            name="team",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="tickets",
                to="handoff.team",
                verbose_name="team",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["updated_at"], name="ticket_by_change"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("status", "open")), fields=["operator"], name="ticket_open_of"
            ),
        ),
    ]
