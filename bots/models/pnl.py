"""PnL books with their days, hours and closed trades, and portfolio values over time."""

from decimal import Decimal

from django.db import models
from django.db.models import Q

from bots.models.bots import Bot
from orders.models import MoneyField
from realtime.values import EXACT


class Result(models.Model):
    """A profit before fees, and its fees."""

    gross = MoneyField(default=0)
    fees = MoneyField(default=0)

    class Meta:
        abstract = True

    @property
    def net(self) -> Decimal:
        return EXACT.subtract(self.gross, self.fees)


class PnlBook(Result):
    """The PnL of one symbol, of a bot or of a key. Written by bots/pnl/fill_counter.py only.

    Paper and live, or two quote currencies, never share a book, so they are never added up.
    """

    user = models.ForeignKey("users.User", on_delete=models.CASCADE, related_name="books")
    key = models.ForeignKey("exchanges.ExchangeKey", on_delete=models.CASCADE, related_name="books")
    bot = models.ForeignKey(
        Bot, on_delete=models.CASCADE, null=True, blank=True, related_name="books"
    )
    symbol = models.CharField(max_length=40)
    # Long or short, of a key whose account holds both positions of a contract.
    side = models.CharField(max_length=5, blank=True, default="")
    quote = models.CharField(max_length=20)
    state = models.JSONField("lots, open trade and statistics", default=dict)
    held = MoneyField(default=0)
    cost = MoneyField(default=0)
    is_provisional = models.BooleanField("a fee is not known in this currency", default=False)
    is_behind = models.BooleanField("not all that is known has been counted", default=False)
    newest_at = models.DateTimeField("its last fill was executed", null=True)
    fee_currency = models.CharField("last third currency of a fee", max_length=20, blank=True)

    class Meta:
        verbose_name = "PnL book"
        ordering = ["user", "symbol"]
        constraints = [
            models.UniqueConstraint(
                fields=["bot", "key", "symbol"],
                condition=Q(bot__isnull=False),
                name="book_of_bot_once",
            ),
            models.UniqueConstraint(
                fields=["key", "symbol", "side"],
                condition=Q(bot__isnull=True),
                name="book_of_key_once",
            ),
        ]
        indexes = [
            models.Index(fields=["key"], condition=Q(is_behind=True), name="book_behind"),
            models.Index(fields=["-newest_at"], condition=~Q(held=0), name="book_held"),
            models.Index(
                fields=["-newest_at"], condition=~Q(fee_currency=""), name="book_fee_elsewhere"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.symbol} of {self.bot or self.key}"


class ClosedTrade(Result):
    """A trade from holding nothing to holding nothing again, with its result."""

    book = models.ForeignKey(PnlBook, on_delete=models.CASCADE, related_name="closed_trades")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    turnover = MoneyField()
    gross = MoneyField()
    fees = MoneyField()
    parts = models.PositiveIntegerField()
    is_provisional = models.BooleanField(default=False)

    class Meta:
        ordering = ["-ended_at", "-id"]
        indexes = [models.Index(fields=["book", "-ended_at", "-id"], name="closed_trade_newest")]

    def __str__(self) -> str:
        return f"{self.net} in {self.book_id}"


class PnlDay(Result):
    """The sums of a book's day (UTC); a closed trade counts on the day of its end."""

    book = models.ForeignKey(PnlBook, on_delete=models.CASCADE, related_name="days")
    on = models.DateField()
    volume = MoneyField("in the quote currency", default=0)
    fills = models.PositiveIntegerField(default=0)
    rounds = models.PositiveIntegerField(default=0)
    wins = models.PositiveIntegerField(default=0)
    losses = models.PositiveIntegerField(default=0)
    won = MoneyField(default=0)
    lost = MoneyField("zero or above", default=0)
    best = MoneyField("of its rounds", null=True)
    worst = MoneyField("of its rounds", null=True)
    opening_state = models.JSONField("its book when the day began", default=dict)

    class Meta:
        verbose_name = "PnL day"
        ordering = ["on"]
        constraints = [models.UniqueConstraint(fields=["book", "on"], name="pnl_day_once")]

    def __str__(self) -> str:
        return f"{self.on} of book {self.book_id}"


class PnlHour(models.Model):
    """The result of all trades of a book closed in this hour of the week (UTC)."""

    book = models.ForeignKey(PnlBook, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField()
    hour = models.PositiveSmallIntegerField()
    net = MoneyField(default=0)
    rounds = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "PnL hour"
        ordering = ["weekday", "hour"]
        constraints = [
            models.UniqueConstraint(fields=["book", "weekday", "hour"], name="pnl_hour_once")
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.hour}:00 of book {self.book_id}"


class UnpricedFee(models.Model):
    """A fill whose fee was paid in a currency without a known price at that time.

    Written by bots/pnl/fee_values.py; bots/pnl/fee_lookup.py fetches the price.
    """

    fill = models.OneToOneField(
        "orders.Fill", on_delete=models.CASCADE, related_name="unpriced_fee"
    )
    tries = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField("ask the venue from then on", db_index=True)
    last_error = models.TextField("what came of it", blank=True, default="")

    class Meta:
        ordering = ["retry_at"]
        verbose_name_plural = "unpriced fees"

    def __str__(self) -> str:
        return f"fee of fill {self.fill_id}"


class PortfolioValue(models.Model):
    """The value of a user's wallets at a time. Written by bots/portfolio/snapshots.py.

    Stored in one currency, with the rates of that time, so that it can be shown in any of them.
    """

    user = models.ForeignKey(
        "users.User", on_delete=models.CASCADE, related_name="portfolio_values"
    )
    is_paper = models.BooleanField("simulated")
    at = models.DateTimeField("start of its round")
    recorded_at = models.DateTimeField("up to a round later; empty if not known", null=True)
    value = MoneyField("in US dollars of exchanges (USDT)")
    rates = models.JSONField("what one of each currency was worth then", default=dict)
    unpriced = models.JSONField("currencies that had no price", default=list)
    exposure = MoneyField("how much of it moved with prices; empty if not known", null=True)

    class Meta:
        ordering = ["user", "at"]
        verbose_name_plural = "portfolio values"
        constraints = [
            models.UniqueConstraint(fields=["user", "is_paper", "at"], name="portfolio_value_once")
        ]

    def __str__(self) -> str:
        return f"{self.value} of user {self.user_id} at {self.at:%Y-%m-%d %H:%M}"
