"""Bots, their orders and their log. Operators may stop a bot and limit what a user's bots do."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from bots.models import (
    Bot,
    BotLimits,
    BotOrder,
    LogEntry,
    MarketAnalysis,
    Mode,
    PriceMinute,
    StopAll,
)
from bots.running import lifecycle
from bots.web.limits_api import ChangedLimits
from realtime.admin import ReadOnly

if TYPE_CHECKING:
    Admin = admin.ModelAdmin[Any]
    Inline = admin.TabularInline[Any, Bot]
else:
    Admin, Inline = admin.ModelAdmin, admin.TabularInline

STOPPABLE = (Mode.RUNNING, Mode.STOPPING)


class BotOrderInline(Inline):
    """The orders that the strategy sees; those of earlier runs are in the list of bot orders."""

    model = BotOrder
    fields = readonly_fields = ("run", "slot", "turn", "order", "reason", "is_unwanted")
    verbose_name_plural = "newest order of each slot of this run"
    max_num = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[BotOrder]:
        newest = super().get_queryset(request).filter(is_newest=True, run=F("bot__run"))
        return newest.select_related("order").order_by("slot")


@admin.register(Bot)
class BotAdmin(ReadOnly):
    list_display = (
        *("id", "name", "user", "key", "symbol", "strategy", "mode", "reason", "run"),
        *("budget", "daily_loss", "evaluated_at"),
    )
    list_display_links = ("id", "name")
    list_filter = ("mode", "strategy", "key__venue", "key__market", "key__is_paper")
    list_select_related = ("user", "key")
    search_fields = ("name", "user__username", "symbol", "reason")
    inlines = (BotOrderInline,)
    actions = ("stop",)

    def has_stop_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("bots.change_bot"))

    @admin.action(description="Stop these bots and cancel their open orders", permissions=["stop"])
    def stop(self, request: HttpRequest, bots: QuerySet[Bot]) -> None:
        bot_ids = list(bots.filter(mode__in=STOPPABLE).order_by("pk").values_list("pk", flat=True))
        reason = f"stopped by operator {request.user.get_username()}"
        for bot_id in bot_ids:
            lifecycle.stop_bot(bot_id, reason=reason, now=timezone.now())
        level, number = messages.SUCCESS if bot_ids else messages.WARNING, len(bot_ids)
        text = f"Asked {number} bots to stop: each is stopped once its venue has confirmed it."
        self.message_user(request, text if bot_ids else "None of these bots is running.", level)


class BotLimitsForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    """Validate budgets as the API does: bots calculate with the stored values."""

    def clean_budgets(self) -> Any:
        limits = ChangedLimits(data={"budgets": self.cleaned_data["budgets"] or {}}, partial=True)
        if not limits.is_valid():
            raise forms.ValidationError('Such as {"USDT": "1000"}: amounts, each more than zero.')
        return limits.validated_data["budgets"]


@admin.register(BotLimits)
class BotLimitsAdmin(Admin):
    """Limits of all bots of a user together, which operators may edit."""

    form = BotLimitsForm
    list_display = ("user", "most_running", "most_orders", "budgets")
    list_select_related = ("user",)
    search_fields = ("user__username",)
    autocomplete_fields = ("user",)

    def get_readonly_fields(self, request: HttpRequest, obj: BotLimits | None = None) -> list[str]:
        return ["user"] if obj else []


@admin.register(BotOrder)
class BotOrderAdmin(ReadOnly):
    list_display = ("id", "bot", "run", "slot", "turn", "order", "reason", "is_unwanted")
    list_filter = ("is_newest", "is_unwanted")
    list_select_related = ("bot", "order")
    search_fields = ("=bot__name", "=bot__user__username", "=order__client_order_id")
    search_help_text = "The full name of a bot or its owner, or a client order id."
    ordering = ("-id",)
    show_full_result_count = False


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnly):
    list_display = ("created_at", "user", "level", "bot", "order", "message")
    list_filter = ("level",)
    list_select_related = ("user", "bot", "order")
    search_fields = ("=user__username", "=bot__name", "message")
    show_full_result_count = False


@admin.register(StopAll)
class StopAllAdmin(ReadOnly):
    """Requests to stop everything, and the orders still open."""

    list_display = ("user", "asked_at", "ended_at", "bots", "orders", "left", "message")
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
    list_select_related = ("user",)
    search_fields = ("user__username",)
    date_hierarchy = "asked_at"


@admin.register(MarketAnalysis)
class MarketAnalysisAdmin(ReadOnly):
    list_display = (
        *("instrument", "at", "price", "change_percent", "range_percent"),
        *("volatility_percent", "volume", "trend"),
    )
    list_filter = ("trend",)
    search_fields = ("instrument",)
    ordering = ("-at", "instrument")
    show_full_result_count = False


@admin.register(PriceMinute)
class PriceMinuteAdmin(ReadOnly):
    list_display = ("instrument", "at", "high", "low")
    search_fields = ("instrument",)
    ordering = ("-at",)
    show_full_result_count = False
