from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("handoff", "0032_drafts_of_notes")]

    operations = [
        migrations.AlterModelOptions(
            name="ticket",
            options={
                "ordering": ["-created_at"],
                "permissions": [
                    ("work_console", "Can answer visitors in the console"),
                    ("take_over", "Can take a chat over from another operator"),
                    ("supervise", "Can see and direct the work of all operators"),
                    ("draft_entry", "Can propose an FAQ entry from a conversation"),
                ],
                "verbose_name": "ticket",
                "verbose_name_plural": "tickets",
            },
        ),
        migrations.AlterField(
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
                    ("returned", "Returned to the assistant"),
                ],
                db_default="",
                max_length=13,
                verbose_name="outcome",
            ),
        ),
    ]
