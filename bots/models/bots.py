"""Bots: their settings, limits and orders, their log, and the prices they see."""

from typing import TYPE_CHECKING, Final

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy

from bots.strategies.registry import STRATEGIES
from orders.models import MoneyField

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Strategy:
    """The names of the strategies in bots/strategies."""

    MANUAL: Final = "manual"
    SCALPER: Final = "scalper"
    GRID: Final = "grid"
    values: Final = list(STRATEGIES)
    choices: "Final[list[tuple[str, StrOrPromise]]]" = [
        (name, gettext_lazy(one.LABEL)) for name, one in STRATEGIES.items()
    ]


def strategies() -> "list[tuple[str, StrOrPromise]]":
    """Return the choices. As a callable they stay out of migrations: a new strategy needs none."""
    return Strategy.choices


class Mode(models.TextChoices):
    STOPPED = "stopped", gettext_lazy("Stopped")
    RUNNING = "running", gettext_lazy("Running")
    STOPPING = (
        "stopping",
        gettext_lazy("Stopping"),
    )  # until its venue has confirmed the end of every order
    ERROR = "error", gettext_lazy("Error")


class Bot(models.Model):
    """A strategy with settings and an owner. Only bots/running/lifecycle.py sets mode and version.

    A run lasts from one start to the next; its orders are identified by slot and turn (BotOrder).
    """

    user = models.ForeignKey("users.User", on_delete=models.CASCADE, related_name="bots")
    key = models.ForeignKey("exchanges.ExchangeKey", on_delete=models.RESTRICT, related_name="bots")
    name = models.CharField(max_length=60)
    symbol = models.CharField(max_length=40)
    strategy = models.CharField(max_length=10, choices=strategies, default=Strategy.MANUAL)
    settings = models.JSONField(default=dict, blank=True)
    check_seconds = models.PositiveIntegerField(
        "check interval in seconds",
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(3600)],
    )
    budget = MoneyField("may bind so much of the quote currency", null=True, blank=True)
    most_orders = models.PositiveIntegerField("open orders at most", default=100)
    most_held = MoneyField("may hold so much, or be short of it", null=True, blank=True)
    daily_loss = MoneyField("stops after losing so much in a day", null=True, blank=True)
    high_value = MoneyField("orders worth this are checked first", null=True, blank=True)
    is_default = models.BooleanField("signals use it unless they name another", default=False)

    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.STOPPED)
    reason = models.TextField("why", blank=True, default="")
    after_stop = models.CharField("once it has stopped", max_length=10, blank=True, default="")
    planned_changes = models.JSONField("what changes once it has stopped", default=dict, blank=True)
    run = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    evaluated_at = models.DateTimeField(null=True, blank=True)
    carried = MoneyField("held by fills that are counted", default=0)
    carried_cost = MoneyField("and what that cost", default=0)
    bound = MoneyField("binds so much of the quote currency", default=0)

    class Meta:
        ordering = ["user", "name"]
        constraints = [
            models.UniqueConstraint("user", Lower("name"), name="bot_name_once_per_user"),
            models.CheckConstraint(
                condition=models.Q(check_seconds__gte=1, check_seconds__lte=3600),
                name="bot_check_seconds_sane",
            ),
            models.UniqueConstraint(
                fields=["user"], condition=Q(is_default=True), name="bot_default_once_per_user"
            ),
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="bot_mode_known"),
        ]
        indexes = [
            models.Index(
                fields=["evaluated_at"],
                condition=Q(mode__in=["running", "stopping"]),
                name="bot_awake",
            )
        ]

    def __str__(self) -> str:
        return self.name


class BotLimits(models.Model):
    """Limits of all bots of a user together, beside the limits of each bot."""

    user = models.OneToOneField("users.User", on_delete=models.CASCADE, related_name="bot_limits")
    most_running = models.PositiveIntegerField("bots that run at a time", default=50)
    most_orders = models.PositiveIntegerField("open orders of all bots", default=1000)
    budgets = models.JSONField(
        "bound by all bots at most, by quote currency, paper and live each",
        default=dict,
        blank=True,
    )

    class Meta:
        verbose_name_plural = "limits"

    def __str__(self) -> str:
        return f"limits of user {self.user_id}"


class BotOrder(models.Model):
    """An order of a bot: at most one for each turn of a slot in a run."""

    bot = models.ForeignKey(Bot, on_delete=models.CASCADE, related_name="bot_orders")
    run = models.PositiveIntegerField()
    slot = models.CharField(max_length=20)
    turn = models.PositiveIntegerField()
    order = models.OneToOneField("orders.Order", on_delete=models.CASCADE, related_name="bot_order")
    reason = models.TextField()
    is_newest = models.BooleanField("the newest of its slot", default=True)
    is_counted = models.BooleanField("all of it is in what its bot carries", default=False)
    counted_upto = models.BigIntegerField("its fills up to here are", default=0)
    is_unwanted = models.BooleanField("the bot itself asked for its end", default=False)
    asked_quantity = MoneyField("the quantity last asked for", null=True)

    class Meta:
        ordering = ["bot", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["bot", "run", "slot", "turn"], name="bot_order_once"),
            models.UniqueConstraint(
                fields=["bot", "run", "slot"],
                condition=Q(is_newest=True),
                name="bot_order_newest_once_per_slot",
            ),
        ]
        indexes = [
            models.Index(
                fields=["bot", "run"], condition=Q(is_counted=False), name="bot_order_not_counted"
            )
        ]

    def __str__(self) -> str:
        return f"{self.slot} {self.turn} of bot {self.bot_id}"


class LogEntry(models.Model):
    """An entry of the activity log: an action and its reason. Written by bots/activity/log.py."""

    class Level(models.TextChoices):
        INFO = "info", gettext_lazy("Info")
        SUCCESS = "success", gettext_lazy("Success")
        WARNING = "warning", gettext_lazy("Warning")
        ERROR = "error", gettext_lazy("Error")

    user = models.ForeignKey("users.User", on_delete=models.CASCADE, related_name="log_entries")
    level = models.CharField(max_length=7, choices=Level.choices)
    bot = models.ForeignKey(
        Bot, on_delete=models.SET_NULL, null=True, blank=True, related_name="log_entries"
    )
    order = models.ForeignKey(
        "orders.Order", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    message = models.TextField()
    details = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "log entries"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="log_entry_newest"),
            models.Index(fields=["bot", "-id"], name="log_entry_of_bot"),
            models.Index(fields=["user", "level"], name="log_entry_levels"),
            models.Index(fields=["user", "-created_at"], name="log_entry_since"),
        ]

    def __str__(self) -> str:
        return self.message


class PriceMinute(models.Model):
    """The highest and lowest price of an instrument in a minute in which it was watched."""

    instrument = models.CharField(max_length=120)
    at = models.DateTimeField()
    high = MoneyField()
    low = MoneyField()

    class Meta:
        ordering = ["instrument", "at"]
        constraints = [
            models.UniqueConstraint(fields=["instrument", "at"], name="price_minute_once")
        ]

    def __str__(self) -> str:
        return f"{self.instrument} {self.at:%H:%M}"


class StopAll(models.Model):
    """A request to stop everything; it ends when every venue has shown that nothing is open."""

    user = models.ForeignKey("users.User", on_delete=models.CASCADE, related_name="stop_alls")
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField("nothing is left", null=True, blank=True)
    worked_at = models.DateTimeField("somebody worked on it", null=True, blank=True)
    bots = models.PositiveIntegerField("bots that ran")
    orders = models.PositiveIntegerField("orders that were open")
    left = models.PositiveIntegerField("orders that are still open")
    message = models.TextField(blank=True, default="")

    class Meta:
        verbose_name, verbose_name_plural = "stop-all", "stop-alls"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"stop-all of user {self.user_id}: {self.left} of {self.orders} left"
