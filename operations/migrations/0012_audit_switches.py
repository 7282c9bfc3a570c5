"""Audit who sets a key's dead man's switch."""

from django.db import migrations

from operations.audit import triggers
from operations.audit.tables import AuditedTable


class Migration(migrations.Migration):
    dependencies = [
        ("operations", "0011_audit_ways"),
        ("exchanges", "0013_dead_mans_switch"),
    ]
    operations = [
        triggers.SetTrigger(
            "exchanges.deadmansswitch",
            AuditedTable(("seconds",), owner="key_id", owner_table="exchanges_exchangekey", guard=True),
        ),
    ]
