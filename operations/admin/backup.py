"""Backups in the admin, read-only."""

from django.contrib import admin

from operations.models import BackupRun
from realtime.admin import ReadOnly


@admin.register(BackupRun)
class BackupRunAdmin(ReadOnly):
    list_display = [
        *("finished_at", "name", "is_done", "size", "rows", "is_encrypted"),
        *("verified_at", "damage", "message"),
    ]
    list_filter = ["is_done", "host"]
    date_hierarchy = "finished_at"
