from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("handoff", "0031_mails")]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="note",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="draft",
            name="note_stamp",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="draft",
            name="stamp",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(model_name="draft", name="text", field=models.TextField(blank=True)),
    ]
