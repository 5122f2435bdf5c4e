from django.db import migrations


class Migration(migrations.Migration):
    """Every line updates its session, and later its turn: with room in the page the new version
    stays there and touches no index."""

    dependencies = [("chat", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE chat_session SET (fillfactor = 70);"
            "ALTER TABLE chat_turn SET (fillfactor = 70);",
            "ALTER TABLE chat_session RESET (fillfactor);ALTER TABLE chat_turn RESET (fillfactor);",
        )
    ]
