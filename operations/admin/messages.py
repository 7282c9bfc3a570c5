"""Messages, broadcasts and pushes in the admin, read-only."""

from django.contrib import admin

from operations.models import Alert, Broadcast, Notification, Push
from realtime.admin import ReadOnly


@admin.register(Notification)
class NotificationAdmin(ReadOnly):
    list_display = ["user", "level", "title", "created_at", "read_at"]
    list_filter = ["level"]
    list_select_related = ["user"]
    search_fields = ["user__username", "title"]
    show_full_result_count = False


@admin.register(Alert)
class AlertAdmin(ReadOnly):
    list_display = ["user", "level", "title", "name", "began_at", "ended_at"]
    list_filter = ["level", ("ended_at", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    search_fields = ["user__username", "title", "name"]
    show_full_result_count = False


@admin.register(Broadcast)
class BroadcastAdmin(ReadOnly):
    list_display = ["title", "level", "by", "created_at", "told", "of", "finished_at"]
    list_filter = ["level"]
    list_select_related = ["by"]
    search_fields = ["title"]


@admin.register(Push)
class PushAdmin(ReadOnly):
    list_display = ["at", "by", "kind", "target", "done"]
    list_filter = ["kind", "done", "by"]
    search_fields = ["by", "target"]
    show_full_result_count = False
