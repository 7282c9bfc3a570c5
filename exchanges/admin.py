"""Operators see which keys there are and how they fare; their secrets nobody sees."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from exchanges import keys
from exchanges.models import ExchangeKey, StreamLease


@admin.register(ExchangeKey)
class ExchangeKeyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # no generic at run time
    list_display = [
        "label",
        "user",
        "venue",
        "market",
        "is_paper",
        "is_active",
        "last_checked_at",
        "last_error",
    ]
    list_filter = ["venue", "market", "is_paper", "is_active"]
    list_select_related = ["user"]
    search_fields = ["label", "user__username"]
    actions = ["switch_off"]
    fields = readonly_fields = (
        "user",
        "label",
        "venue",
        "market",
        "ends_with",
        "is_paper",
        "is_active",
        "permissions",
        "last_error",
        "last_checked_at",
        "created_at",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # an owner attaches a key; nobody types a secret for somebody else

    @admin.display(description="API key")
    def ends_with(self, key: ExchangeKey) -> str:
        return keys.masked(key.api_key)

    @admin.action(description="Switch off the selected keys", permissions=["change"])
    def switch_off(self, request: HttpRequest, chosen: QuerySet[ExchangeKey]) -> None:
        for key in chosen.filter(is_active=True).order_by("pk"):
            keys.deactivate(key.pk)
        self.message_user(request, "Switched off.")


@admin.register(StreamLease)
class StreamLeaseAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """How each key's own stream fares, and which process follows it."""

    list_display = fields = readonly_fields = (
        "key",
        "state",
        "holder",
        "connected_since",
        "last_message_at",
        "last_reconcile_at",
        "restarts",
        "last_error",
    )
    list_filter = ["state", "holder"]
    list_select_related = ["key"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: StreamLease | None = None) -> bool:
        return False
