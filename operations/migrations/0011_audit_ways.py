"""Audit the ways in which people are notified."""

from django.db import migrations

from operations.audit import triggers
from operations.audit.tables import AuditedTable


class Migration(migrations.Migration):
    dependencies = [("operations", "0010_begin_cursors")]
    operations = [
        triggers.SetTrigger(
            "operations.notificationway",
            AuditedTable(
                ("user_id", "name", "kind", "sealed_address", "sealed_secret", "categories", "collect", "is_active"),
                secret=("sealed_address", "sealed_secret"),
                name="name",
                owner="user_id",
                guard=True,
            ),
        ),
    ]
