from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("llm", "0008_time_of_a_turn")]

    operations = [
        migrations.AddIndex(
            model_name="call",
            index=models.Index(
                condition=models.Q(("sent__isnull", False), models.Q(("sent", []), _negated=True)),
                fields=["at"],
                name="llm_call_with_text",
            ),
        ),
    ]
