"""Income, until when it was read, and proofs; read only, since it is what the venues said."""

from django.contrib import admin

from bots.models import IncomeCursor, IncomeEntry, StatementProof
from realtime.admin import ReadOnly


@admin.register(IncomeEntry)
class IncomeEntryAdmin(ReadOnly):
    list_display = ("at", "user", "key", "bot", "kind", "amount", "asset", "symbol", "venue_id")
    list_filter = ("kind", "key__venue", "key__is_paper")
    list_select_related = ("user", "bot", "key")
    search_fields = ("=user__username", "=bot__name", "=symbol", "=venue_id")
    ordering = ("-at", "-id")


@admin.register(IncomeCursor)
class IncomeCursorAdmin(ReadOnly):
    list_display = ("key", "read_at")
    list_select_related = ("key",)
    search_fields = ("=key__user__username", "=key__label")


@admin.register(StatementProof)
class StatementProofAdmin(ReadOnly):
    list_display = ("at", "user", "key", "is_good", "failures", "since")
    list_filter = ("is_good", "key__venue", "key__is_paper")
    list_select_related = ("user", "key")
    search_fields = ("=user__username", "=key__label")
    exclude = ("state",)
    ordering = ("-at", "-id")
