import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0009_ticket_events"),
    ]

    operations = [
        migrations.CreateModel(
            name="Macro",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "name_en",
                    models.CharField(blank=True, max_length=100, verbose_name="name (English)"),
                ),
                ("text_zh", models.TextField(blank=True, verbose_name="text (Chinese)")),
                ("text_en", models.TextField(blank=True, verbose_name="text (English)")),
                ("shortcut", models.SlugField(blank=True, max_length=40, verbose_name="shortcut")),
                (
                    "uses",
                    models.PositiveIntegerField(default=0, editable=False, verbose_name="uses"),
                ),
                ("active", models.BooleanField(default=True, verbose_name="active")),
                ("search", models.TextField(blank=True, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: for everybody.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="macros",
                        to="handoff.team",
                        verbose_name="team",
                    ),
                ),
            ],
            options={
                "verbose_name": "macro",
                "verbose_name_plural": "macros",
                "ordering": ["-uses", "name"],
            },
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField(verbose_name="text")),
                ("cmid", models.UUIDField(editable=False, null=True)),
                (
                    "at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="time"),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notes",
                        to="chat.session",
                        verbose_name="session",
                    ),
                ),
                (
                    "operator",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="notes",
                        to="handoff.operator",
                        verbose_name="operator",
                    ),
                ),
            ],
            options={
                "verbose_name": "note",
                "verbose_name_plural": "notes",
                "ordering": ["at"],
                "indexes": [models.Index(fields=["session", "at"], name="note_by_session")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("cmid__isnull", False)),
                        fields=("session", "operator", "cmid"),
                        name="note_cmid_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Draft",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField()),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="drafts",
                        to="chat.session",
                    ),
                ),
                (
                    "operator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="drafts",
                        to="handoff.operator",
                    ),
                ),
            ],
            options={
                "verbose_name": "draft",
                "verbose_name_plural": "drafts",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("operator", "session"), name="draft_one_for_operator_and_session"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Suggestion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField(verbose_name="text")),
                ("basis", models.JSONField(default=list, verbose_name="sources")),
                ("route", models.CharField(blank=True, max_length=20, verbose_name="route")),
                ("to_seq", models.PositiveBigIntegerField()),
                (
                    "choice",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("inserted", "Inserted"),
                            ("edited", "Edited"),
                            ("dismissed", "Dismissed"),
                            ("dropped", "Dropped: the talk had moved on"),
                        ],
                        max_length=9,
                        verbose_name="choice",
                    ),
                ),
                ("chosen_at", models.DateTimeField(null=True, verbose_name="chosen at")),
                ("used_text", models.TextField(blank=True)),
                (
                    "at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="time"),
                ),
                (
                    "chosen_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="handoff.operator",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="suggestions",
                        to="chat.session",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="suggestions",
                        to="handoff.ticket",
                    ),
                ),
            ],
            options={
                "verbose_name": "suggested answer",
                "verbose_name_plural": "suggested answers",
                "ordering": ["-at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("choice", "")),
                        fields=("session",),
                        name="suggestion_one_open_per_session",
                    )
                ],
            },
        ),
    ]
