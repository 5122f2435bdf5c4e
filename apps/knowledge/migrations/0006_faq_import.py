import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    # Its name until the numbers were put in order: databases have it on record.
    replaces = [("knowledge", "0010_faq_import")]

    dependencies = [
        ("knowledge", "0005_question_groups"),
        ("sites", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FaqImport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("file_name", models.CharField(max_length=200, verbose_name="file")),
                ("file_bytes", models.PositiveBigIntegerField(verbose_name="size")),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("zh-Hans", "Simplified Chinese")],
                        max_length=12,
                        verbose_name="language",
                    ),
                ),
                ("status", models.CharField(max_length=8, verbose_name="status")),
                (
                    "existing",
                    models.CharField(
                        choices=[
                            ("skip", "Leave them as they are"),
                            ("update", "Change them to what the file says"),
                        ],
                        default="skip",
                        max_length=6,
                        verbose_name="entries that exist",
                    ),
                ),
                ("encoding", models.CharField(blank=True, max_length=10, verbose_name="encoding")),
                ("chosen", models.JSONField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("checking", "Being checked"),
                            ("columns", "Columns unclear"),
                            ("ready", "Ready to import"),
                            ("writing", "Being imported"),
                            ("done", "Imported"),
                            ("undoing", "Being undone"),
                            ("undone", "Undone"),
                            ("cancelled", "Cancelled"),
                            ("failed", "Failed"),
                        ],
                        default="checking",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                ("facts", models.JSONField(default=dict)),
                ("problem", models.JSONField(null=True)),
                ("counts", models.JSONField(default=dict)),
                ("share_read", models.FloatField(default=0)),
                ("wanted_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("lease_until", models.DateTimeField(null=True)),
                ("attempt", models.PositiveIntegerField(default=0)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="imported by",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        to="sites.site",
                        verbose_name="site",
                    ),
                ),
            ],
            options={
                "verbose_name": "import of entries",
                "verbose_name_plural": "imports of entries",
                "ordering": ["-created_at"],
            },
        ),
        migrations.CreateModel(
            name="FaqImportPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("body", models.BinaryField()),
                (
                    "sheet",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parts",
                        to="knowledge.faqimport",
                    ),
                ),
            ],
            options={
                "verbose_name": "piece of a file",
                "verbose_name_plural": "pieces of a file",
            },
        ),
        migrations.CreateModel(
            name="FaqImportRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("changed", "Changes an entry"),
                            ("unchanged", "Unchanged"),
                            ("kept", "Exists, left as it is"),
                            ("duplicate", "Duplicate"),
                            ("error", "Error"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "result",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not written"),
                            ("written", "Added"),
                            ("updated", "Changed"),
                            ("failed", "Left out"),
                            ("undone", "Undone"),
                            ("touched", "Changed since, left as it is"),
                        ],
                        default="",
                        max_length=8,
                    ),
                ),
                ("values", models.JSONField(default=dict)),
                ("before", models.JSONField(null=True)),
                ("problems", models.JSONField(default=list)),
                ("entry", models.BigIntegerField(null=True)),
                ("seen_at", models.DateTimeField(null=True)),
                (
                    "sheet",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="knowledge.faqimport",
                    ),
                ),
            ],
            options={
                "verbose_name": "row of an import",
                "verbose_name_plural": "rows of an import",
            },
        ),
        migrations.AddIndex(
            model_name="faqimport",
            index=models.Index(
                condition=models.Q(("state__in", ["checking", "writing", "undoing"])),
                fields=["wanted_at"],
                name="faq_import_at_work",
            ),
        ),
        migrations.AddConstraint(
            model_name="faqimportpart",
            constraint=models.UniqueConstraint(
                fields=("sheet", "number"), name="faq_import_part_once"
            ),
        ),
        migrations.AddIndex(
            model_name="faqimportrow",
            index=models.Index(
                fields=["sheet", "outcome", "result", "number"], name="faq_import_rows"
            ),
        ),
        migrations.AddConstraint(
            model_name="faqimportrow",
            constraint=models.UniqueConstraint(
                fields=("sheet", "number"), name="faq_import_row_once"
            ),
        ),
    ]
