"""Webhooks, signals and auto-trade settings. Of an address only the end is shown."""

from django.contrib import admin

from bots.models import AutoTrade, Hook, Signal
from realtime.admin import ReadOnly


@admin.register(Hook)
class HookAdmin(ReadOnly):
    """Webhooks; the address is half a secret, and the other half is not stored."""

    list_display = fields = ("user", "ends_with", "generation", "former_until", "heard_at")
    list_select_related = ("user",)
    search_fields = ("user__username",)

    @admin.display(description="address")
    def ends_with(self, hook: Hook) -> str:
        return f"…{hook.name[-4:]}"


@admin.register(AutoTrade)
class AutoTradeAdmin(ReadOnly):
    list_display = ("user", "is_enabled", "is_test", "symbols", "amount", "per_day", "bot")
    list_filter = ("is_enabled", "is_test")
    list_select_related = ("user", "bot")
    search_fields = ("user__username",)


@admin.register(Signal)
class SignalAdmin(ReadOnly):
    list_display = (
        *("id", "received_at", "user", "source", "symbol", "side", "price", "status", "reason"),
        *("order", "settled_at"),
    )
    list_filter = ("status", "side")
    list_select_related = ("user", "order")
    search_fields = ("=user__username", "=symbol", "=source")
    search_help_text = "The full name of an owner, a symbol or a source."
    show_full_result_count = False
