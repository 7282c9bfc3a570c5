"""Audit how people want to be notified: rows that go by their owner, since they have no other id."""

from django.db import migrations

from operations.audit import triggers
from operations.audit.tables import AuditedTable


class Migration(migrations.Migration):
    dependencies = [("operations", "0012_audit_switches")]
    operations = [
        migrations.RunSQL(triggers.CHANGE, migrations.RunSQL.noop),
        triggers.SetTrigger(
            "operations.notificationpreferences",
            AuditedTable(
                ("user_id", "in_app", "quiet_from", "quiet_until", "critical_passes"), owner="user_id"
            ),
        ),
    ]
