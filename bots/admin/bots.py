"""Bots, their orders and their log. Operators may stop a bot and limit what a user's bots do."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from bots.models import Bot, BotLimits, BotOrder, LogEntry, Mode, PriceMinute, StopAll
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
    """What the strategy sees; all that ever were are under Acts."""

    model = BotOrder
    fields = readonly_fields = ("run", "slot", "turn", "order", "reason", "is_unwanted")
    verbose_name_plural = "newest order of each lane of this run"
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

    @admin.action(description="Stop these bots; what they have open ends", permissions=["stop"])
    def stop(self, request: HttpRequest, bots: QuerySet[Bot]) -> None:
        wanted = list(bots.filter(mode__in=STOPPABLE).order_by("pk").values_list("pk", flat=True))
        words = f"stopped by operator {request.user.get_username()}"
        for bot_id in wanted:
            lifecycle.stop(bot_id, words=words, now=timezone.now())
        level = messages.SUCCESS if wanted else messages.WARNING
        told = f"Asked {len(wanted)} bots to stop: each has when its venue confirmed its orders."
        self.message_user(request, told if wanted else "None of these runs.", level)


class BotLimitsForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    """What the API would refuse is refused here too: bots reckon with what is kept."""

    def clean_budgets(self) -> Any:
        given = ChangedLimits(data={"budgets": self.cleaned_data["budgets"] or {}}, partial=True)
        if not given.is_valid():
            raise forms.ValidationError('Such as {"USDT": "1000"}: amounts, each more than zero.')
        return given.validated_data["budgets"]


@admin.register(BotLimits)
class BotLimitsAdmin(Admin):
    """Here an operator decides: the second belt around all bots of a user."""

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
    search_help_text = "A bot's or its owner's whole name, or an order's client order id."
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
    """Who wanted everything stopped, and what is still left of it."""

    list_display = ("user", "asked_at", "ended_at", "bots", "orders", "left", "message")
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
    list_select_related = ("user",)
    search_fields = ("user__username",)
    date_hierarchy = "asked_at"


@admin.register(PriceMinute)
class PriceMinuteAdmin(ReadOnly):
    list_display = ("instrument", "at", "high", "low")
    search_fields = ("instrument",)
    ordering = ("-at",)
    show_full_result_count = False
