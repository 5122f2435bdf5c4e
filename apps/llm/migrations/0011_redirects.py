from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("llm", "0010_dropped_answers")]

    operations = [
        migrations.AlterField(
            model_name="call",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("ok", "Answered"),
                    ("deadline", "Too slow"),
                    ("first_token", "First word too late"),
                    ("gap", "Stopped in the middle"),
                    ("unreachable", "Not reached"),
                    ("tls", "Certificate does not hold"),
                    ("blocked", "Address not allowed"),
                    ("auth", "Key refused"),
                    ("missing_model", "Model not there"),
                    ("redirect", "Redirect not followed"),
                    ("rate_limited", "Provider's limit"),
                    ("server_error", "Error of the server"),
                    ("bad_request", "Request refused"),
                    ("bad_output", "Answer not usable"),
                    ("too_large", "Answer too long"),
                    ("cut", "Connection cut"),
                    ("cancelled", "Given up: no longer wanted"),
                    ("quota", "Own quota used up"),
                    ("busy", "All places taken"),
                    ("breaker", "Not asked: failed lately"),
                    ("cap", "Not asked: cap reached"),
                    ("no_time", "Not asked: no time left"),
                    ("cache", "Answered from the cache"),
                ],
                max_length=13,
                verbose_name="outcome",
            ),
        ),
    ]
