import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("chat", "0006_turns_in_flight"),
        ("handoff", "0006_unanswered_in_time"),
        ("sites", "0006_short_names_of_sides"),
    ]

    operations = [
        migrations.CreateModel(
            name="Hours",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True, verbose_name="name")),
                (
                    "timezone",
                    models.CharField(
                        default="Asia/Shanghai",
                        help_text="Such as Asia/Shanghai or Europe/Berlin.",
                        max_length=60,
                        verbose_name="time zone",
                    ),
                ),
                ("week", models.JSONField(blank=True, default=dict, verbose_name="week")),
            ],
            options={
                "verbose_name": "business hours",
                "verbose_name_plural": "business hours",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Holiday",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("name", models.CharField(blank=True, max_length=100, verbose_name="name")),
                ("opens", models.TimeField(blank=True, null=True, verbose_name="opens")),
                ("closes", models.TimeField(blank=True, null=True, verbose_name="closes")),
                (
                    "hours",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="holidays",
                        to="handoff.hours",
                        verbose_name="business hours",
                    ),
                ),
            ],
            options={
                "verbose_name": "holiday",
                "verbose_name_plural": "holidays",
                "ordering": ["day"],
                "constraints": [
                    models.UniqueConstraint(fields=("hours", "day"), name="holiday_once_a_day"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closes", None), ("opens", None)),
                            models.Q(
                                ("closes__gt", models.F("opens")),
                                ("closes__isnull", False),
                                ("opens__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="holiday_closed_or_open_for_a_while",
                        violation_error_message="Leave both times empty for a day that is closed, or write an end that is after the beginning.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Operator",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="Visitors read it.", max_length=100, verbose_name="name"
                    ),
                ),
                (
                    "capacity",
                    models.PositiveSmallIntegerField(
                        default=5,
                        help_text="No further chat is given to who has as many. They may take one by hand.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(50),
                        ],
                        verbose_name="chats at once",
                    ),
                ),
                ("languages", models.JSONField(blank=True, default=list, verbose_name="languages")),
                ("flows", models.JSONField(blank=True, default=list, verbose_name="flows")),
                ("active", models.BooleanField(default=True, verbose_name="active")),
                ("preferences", models.JSONField(blank=True, default=dict, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "sites",
                    models.ManyToManyField(
                        blank=True,
                        help_text="None chosen: all of them.",
                        related_name="operators",
                        to="sites.site",
                        verbose_name="sites",
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="operator",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "operator",
                "verbose_name_plural": "operators",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Presence",
            fields=[
                (
                    "operator",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="presence",
                        serialize=False,
                        to="handoff.operator",
                    ),
                ),
                (
                    "choice",
                    models.CharField(
                        choices=[("available", "Available"), ("away", "Away")],
                        default="available",
                        max_length=9,
                        verbose_name="chosen",
                    ),
                ),
                ("seen_at", models.DateTimeField(null=True, verbose_name="last seen")),
                ("active_at", models.DateTimeField(null=True, verbose_name="last active")),
            ],
            options={
                "verbose_name": "presence",
                "verbose_name_plural": "presence",
            },
        ),
        migrations.CreateModel(
            name="Team",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True, verbose_name="name")),
                ("languages", models.JSONField(blank=True, default=list, verbose_name="languages")),
                ("flows", models.JSONField(blank=True, default=list, verbose_name="flows")),
                (
                    "assignment",
                    models.CharField(
                        choices=[
                            ("off", "Off: operators take chats themselves"),
                            ("round_robin", "In turn"),
                            ("least_busy", "To the least busy"),
                        ],
                        default="off",
                        max_length=11,
                        verbose_name="assignment",
                    ),
                ),
                (
                    "hours",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: always open.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="teams",
                        to="handoff.hours",
                        verbose_name="business hours",
                    ),
                ),
                (
                    "sites",
                    models.ManyToManyField(
                        blank=True,
                        help_text="None chosen: all of them.",
                        related_name="teams",
                        to="sites.site",
                        verbose_name="sites",
                    ),
                ),
            ],
            options={
                "verbose_name": "team",
                "verbose_name_plural": "teams",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Member",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("given_at", models.DateTimeField(editable=False, null=True)),
                (
                    "operator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        to="handoff.operator",
                        verbose_name="operator",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        to="handoff.team",
                        verbose_name="team",
                    ),
                ),
            ],
            options={
                "verbose_name": "member",
                "verbose_name_plural": "members",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("team", "operator"), name="member_once_in_a_team"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="team",
            name="members",
            field=models.ManyToManyField(
                blank=True,
                related_name="teams",
                through="handoff.Member",
                to="handoff.operator",
                verbose_name="members",
            ),
        ),
        migrations.CreateModel(
            name="Target",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "priority",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "Urgent"), (1, "High"), (2, "Normal"), (3, "Low")],
                        verbose_name="priority",
                    ),
                ),
                (
                    "first_response_minutes",
                    models.PositiveIntegerField(
                        default=5,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="first answer within (minutes)",
                    ),
                ),
                (
                    "resolution_minutes",
                    models.PositiveIntegerField(
                        default=480,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="settled within (minutes)",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: for every team that has none of its own.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="targets",
                        to="handoff.team",
                        verbose_name="team",
                    ),
                ),
            ],
            options={
                "verbose_name": "service target",
                "verbose_name_plural": "service targets",
                "ordering": ["team", "priority"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("team", "priority"),
                        name="target_once_for_each_priority",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
    ]
