"""Back-tests for operators, to read: who tests what, and what failed."""

from django.contrib import admin

from bots.models import Backtest
from realtime.admin import ReadOnly


@admin.register(Backtest)
class BacktestAdmin(ReadOnly):
    list_display = ("created_at", "user", "strategy", "instrument", "interval", "state", "progress")
    list_filter = ("state", "strategy")
    list_select_related = ("user",)
    search_fields = ("=user__username", "instrument")
    exclude = ("curves", "fills", "trades")
    ordering = ("-id",)
