"""PnL books, fees without a value, and portfolio values."""

from django.contrib import admin

from bots.models import ClosedTrade, PnlBook, PnlDay, PortfolioValue, UnpricedFee
from realtime.admin import ReadOnly


@admin.register(PnlBook)
class PnlBookAdmin(ReadOnly):
    list_display = (
        *("id", "user", "bot", "key", "symbol", "quote", "gross", "fees", "net"),
        *("held", "is_provisional", "is_behind", "newest_at"),
    )
    list_filter = (
        ("bot", admin.EmptyFieldListFilter),
        *("is_provisional", "is_behind", "quote", "key__venue", "key__is_paper"),
    )
    list_select_related = ("user", "bot", "key")
    search_fields = ("user__username", "bot__name", "symbol")
    exclude = ("state",)


class BookRowAdmin(ReadOnly):
    """Rows of a book: too many to count, so they are found by owner, bot or symbol."""

    list_select_related = ("book__user", "book__bot", "book__key")
    search_fields = ("=book__user__username", "=book__bot__name", "=book__symbol")
    search_help_text = "The full name of an owner, a bot or a symbol."
    show_full_result_count = False

    @admin.display(ordering="book__user__username")
    def owner(self, row: ClosedTrade | PnlDay) -> str:
        return row.book.user.get_username()


@admin.register(ClosedTrade)
class ClosedTradeAdmin(BookRowAdmin):
    list_display = ("ended_at", "owner", "book", "turnover", "gross", "fees", "net", "parts")
    list_filter = ("is_provisional", "book__key__is_paper")
    ordering = ("-id",)


@admin.register(PnlDay)
class PnlDayAdmin(BookRowAdmin):
    list_display = ("on", "owner", "book", "gross", "fees", "net", "volume", "fills")
    list_filter = ("book__key__is_paper",)
    ordering = ("-on", "-id")
    exclude = ("opening_state",)


@admin.register(UnpricedFee)
class UnpricedFeeAdmin(ReadOnly):
    """Fees without a value yet: the reason why a result stays provisional."""

    list_display = ("fill", "owner", "tries", "retry_at", "last_error")
    list_select_related = ("fill__user",)
    search_fields = ("=fill__user__username", "last_error")

    @admin.display(ordering="fill__user__username")
    def owner(self, row: UnpricedFee) -> str:
        return row.fill.user.get_username()


@admin.register(PortfolioValue)
class PortfolioValueAdmin(ReadOnly):
    list_display = ("at", "user", "is_paper", "value", "unpriced")
    list_filter = ("is_paper",)
    list_select_related = ("user",)
    search_fields = ("=user__username",)
    ordering = ("-id",)
    show_full_result_count = False
