from django.db import migrations


class Migration(migrations.Migration):
    """Adding days up reads them all: what each keeps lies elsewhere, and costs nothing then."""

    dependencies = [
        ('bots', '0014_lines_counted'),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE bots_day SET (toast_tuple_target = 128); "
            "ALTER TABLE bots_day ALTER COLUMN kept SET STORAGE EXTERNAL",
            "ALTER TABLE bots_day RESET (toast_tuple_target); "
            "ALTER TABLE bots_day ALTER COLUMN kept SET STORAGE EXTENDED",
        ),
    ]
