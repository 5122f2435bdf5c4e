from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sites", "0005_name_of_the_pem")]

    operations = [
        migrations.AlterField(
            model_name="site",
            name="side",
            field=models.CharField(
                choices=[("end", "Right (end of the line)"), ("start", "Left (start of the line)")],
                default="end",
                max_length=5,
                verbose_name="side of the page",
            ),
        ),
    ]
