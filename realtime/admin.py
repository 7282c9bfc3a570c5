"""Streams, events and sockets for an operator's eyes; only realtime/streams.py writes streams."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import URLPattern, path

from realtime.models import Event, Sockets, Stream
from realtime.presence import pages


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]  # no generic at run time
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Stream)
class StreamAdmin(ReadOnly):
    list_display = ["user", "epoch", "seq", "floor"]
    list_select_related = ["user"]
    search_fields = ["user__username"]


@admin.register(Event)
class EventAdmin(ReadOnly):
    list_display = ["user", "seq", "type", "created_at"]
    list_filter = ["type"]
    list_select_related = ["user"]
    search_fields = ["user__username"]
    ordering = ["-id"]
    show_full_result_count = False


@admin.register(Sockets)
class SocketsAdmin(ReadOnly):
    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        return [
            path("", guarded(pages.socket_list), name="realtime_sockets_changelist"),
            path("ask/", guarded(pages.confirm_action), name="realtime_sockets_ask"),
        ]
