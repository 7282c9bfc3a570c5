"""Begin to read each user's events where their stream is now: nobody is told of the past."""

from django.db import migrations

BEGIN = """
INSERT INTO operations_notificationcursor (user_id, seq)
SELECT user_id, seq FROM realtime_stream ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [
        ("operations", "0009_notification_outbox"),
        ("realtime", "0001_initial"),
    ]
    operations = [migrations.RunSQL(BEGIN, migrations.RunSQL.noop, elidable=True)]
