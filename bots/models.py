"""What is wanted: bots, which are named sets of settings for orders, and signals from outside."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from orders.models import MoneyField


class Strategy(models.TextChoices):
    """As bots/strategies offers them."""

    MANUAL = "manual", "Manual"
    SCALPER = "scalper", "Scalper"
    GRID = "grid", "Grid"
    DCA = "dca", "DCA"
    DIP = "dip", "Dip"
    MOMENTUM = "momentum", "Momentum"


class Mode(models.TextChoices):
    STOPPED = "stopped", "Stopped"
    RUNNING = "running", "Running"
    STOPPING = "stopping", "Stopping"  # until its venue has confirmed the end of every order
    ERROR = "error", "Error"


class Bot(models.Model):
    """A strategy with settings and an owner. Mode, words and version: bots/steering.py alone.

    A run is from one start to the next: its orders are told apart by lane and turn (see Act).
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="bots"
    )
    key = models.ForeignKey("exchanges.ExchangeKey", on_delete=models.RESTRICT, related_name="bots")
    name = models.CharField(max_length=60)
    symbol = models.CharField(max_length=40)
    strategy = models.CharField(max_length=10, choices=Strategy.choices, default=Strategy.MANUAL)
    settings = models.JSONField(default=dict, blank=True)
    check_seconds = models.PositiveIntegerField(
        "check interval in seconds",
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(3600)],
    )
    budget = MoneyField("may bind so much of the quote currency", null=True, blank=True)
    most_orders = models.PositiveIntegerField("open orders at most", default=100)
    daily_loss = MoneyField("stops after losing so much in a day", null=True, blank=True)
    is_default = models.BooleanField("signals use it unless they name another", default=False)

    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.STOPPED)
    words = models.TextField("why", blank=True, default="")
    then = models.CharField("once it has stopped", max_length=10, blank=True, default="")
    planned = models.JSONField("what changes once it has stopped", default=dict, blank=True)
    run = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    looked_at = models.DateTimeField(null=True, blank=True)

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
                fields=["looked_at"],
                condition=Q(mode__in=["running", "stopping"]),
                name="bot_awake",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Act(models.Model):
    """An order that a bot wanted: once for each turn of a lane of a run, whoever asks again."""

    bot = models.ForeignKey(Bot, on_delete=models.CASCADE, related_name="acts")
    run = models.PositiveIntegerField()
    lane = models.CharField(max_length=20)
    turn = models.PositiveIntegerField()
    order = models.OneToOneField("orders.Order", on_delete=models.CASCADE, related_name="act")
    why = models.TextField()
    is_newest = models.BooleanField("the lane's newest", default=True)
    is_counted = models.BooleanField("settled before the bot last held nothing", default=False)
    is_unwanted = models.BooleanField("the bot itself asked for its end", default=False)

    class Meta:
        ordering = ["bot", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["bot", "run", "lane", "turn"], name="act_once"),
            models.UniqueConstraint(
                fields=["bot", "run", "lane"],
                condition=Q(is_newest=True),
                name="act_newest_once_per_lane",
            ),
        ]
        indexes = [
            models.Index(
                fields=["bot", "run"], condition=Q(is_counted=False), name="act_not_counted"
            )
        ]

    def __str__(self) -> str:
        return f"{self.lane} {self.turn} of bot {self.bot_id}"


class Line(models.Model):
    """A line of the activity log: what was done, and why. Written by bots/diary.py."""

    class Level(models.TextChoices):
        INFO = "info", "Info"
        SUCCESS = "success", "Success"
        WARNING = "warning", "Warning"
        ERROR = "error", "Error"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="lines"
    )
    level = models.CharField(max_length=7, choices=Level.choices)
    bot = models.ForeignKey(
        Bot, on_delete=models.SET_NULL, null=True, blank=True, related_name="lines"
    )
    order = models.ForeignKey(
        "orders.Order", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    message = models.TextField()
    details = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="line_newest"),
            models.Index(fields=["bot", "-id"], name="line_of_bot"),
        ]

    def __str__(self) -> str:
        return self.message


class Minute(models.Model):
    """Between which prices an instrument was seen in a minute, while a bot looked at it."""

    instrument = models.CharField(max_length=120)
    at = models.DateTimeField()
    high = MoneyField()
    low = MoneyField()

    class Meta:
        ordering = ["instrument", "at"]
        constraints = [models.UniqueConstraint(fields=["instrument", "at"], name="minute_once")]

    def __str__(self) -> str:
        return f"{self.instrument} {self.at:%H:%M}"


class Hook(models.Model):
    """A user's own address for signals. Its secret is derived, see bots/hooks.py: none is kept."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="hook"
    )
    name = models.CharField("in the address", max_length=40, unique=True)
    generation = models.PositiveIntegerField("of the secret", default=1)
    former_until = models.DateTimeField("the one before is taken until", null=True, blank=True)
    heard_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"hook of user {self.user_id}"


class AutoTrade(models.Model):
    """What becomes of a user's signals by themselves."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="auto_trade"
    )
    is_enabled = models.BooleanField(default=False)
    is_test = models.BooleanField("says what it would do, and trades nothing", default=True)
    symbols = models.JSONField("only these; none: all", default=list, blank=True)
    per_day = models.PositiveIntegerField("at most so many in 24 hours", default=10)
    bot = models.ForeignKey(
        Bot,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="with this bot; none: the default one",
    )

    def __str__(self) -> str:
        return f"auto-trade of user {self.user_id}"


class Emergency(models.Model):
    """Somebody wanted everything stopped: over when every venue has shown that nothing is open."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="emergencies"
    )
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField("nothing is left", null=True, blank=True)
    bots = models.PositiveIntegerField("bots that ran")
    orders = models.PositiveIntegerField("orders that were open")
    left = models.PositiveIntegerField("orders that are still open")
    words = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"emergency of user {self.user_id}: {self.left} of {self.orders} left"


class Book(models.Model):
    """What the fills of one symbol have earned, of a bot or of a whole key. By bots/reckoning.py.

    Paper and live, or two quote currencies, never share a book, so they are never added up.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="books"
    )
    key = models.ForeignKey("exchanges.ExchangeKey", on_delete=models.CASCADE, related_name="books")
    bot = models.ForeignKey(
        Bot, on_delete=models.CASCADE, null=True, blank=True, related_name="books"
    )
    symbol = models.CharField(max_length=40)
    quote = models.CharField(max_length=20)
    kept = models.JSONField("ledger, running cycle and tally", default=dict)
    gross = MoneyField(default=0)
    fees = MoneyField(default=0)
    held = MoneyField(default=0)
    cost = MoneyField(default=0)
    is_provisional = models.BooleanField("a fee is not known in this currency", default=False)
    newest_at = models.DateTimeField("its last fill was executed", null=True)

    class Meta:
        ordering = ["user", "symbol"]
        constraints = [
            models.UniqueConstraint(
                fields=["bot", "symbol"], condition=Q(bot__isnull=False), name="book_of_bot_once"
            ),
            models.UniqueConstraint(
                fields=["key", "symbol"], condition=Q(bot__isnull=True), name="book_of_key_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.symbol} of {self.bot or self.key}"


class Round(models.Model):
    """One trade from nothing held to nothing held, and what it brought after fees."""

    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="rounds")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    turnover = MoneyField()
    gross = MoneyField()
    fees = MoneyField()
    parts = models.PositiveIntegerField()
    is_provisional = models.BooleanField(default=False)

    class Meta:
        ordering = ["-ended_at", "-id"]
        indexes = [models.Index(fields=["book", "-ended_at", "-id"], name="round_newest")]

    def __str__(self) -> str:
        return f"{self.gross - self.fees} in {self.book_id}"


class Day(models.Model):
    """What a book earned on a day (UTC), added up as it came."""

    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="days")
    on = models.DateField()
    gross = MoneyField(default=0)
    fees = MoneyField(default=0)
    volume = MoneyField("in the quote currency", default=0)
    fills = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["on"]
        constraints = [models.UniqueConstraint(fields=["book", "on"], name="day_once")]

    def __str__(self) -> str:
        return f"{self.on} of book {self.book_id}"


class Hour(models.Model):
    """What rounds that ended in this hour of the week (UTC) brought together."""

    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField()
    hour = models.PositiveSmallIntegerField()
    net = MoneyField(default=0)
    rounds = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["weekday", "hour"]
        constraints = [
            models.UniqueConstraint(fields=["book", "weekday", "hour"], name="hour_once")
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.hour}:00 of book {self.book_id}"


class Signal(models.Model):
    """An outside wish for a trade, and what became of it. Written by bots/signalling.py."""

    class Side(models.TextChoices):
        BUY = "buy", "Buy"
        SELL = "sell", "Sell"
        LONG = "long", "Long"
        SHORT = "short", "Short"
        CLOSE = "close", "Close"

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        EXECUTED = "executed", "Executed"
        FAILED = "failed", "Failed"
        IGNORED = "ignored", "Ignored"
        EXPIRED = "expired", "Expired"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="signals"
    )
    source = models.CharField(max_length=60)
    symbol = models.CharField(max_length=40)
    side = models.CharField(max_length=5, choices=Side.choices)
    price = models.DecimalField(max_digits=38, decimal_places=18, null=True, blank=True)
    message = models.TextField(blank=True, default="")
    raw = models.TextField("as it came, without its secret", blank=True, default="")
    mark = models.CharField("what makes it the same again", max_length=80, blank=True, default="")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    words = models.TextField("what became of it", blank=True, default="")
    order = models.ForeignKey(
        "orders.Order", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    received_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="signal_newest"),
            models.Index(fields=["user", "mark"], condition=~Q(mark=""), name="signal_marked"),
            models.Index(
                fields=["user", "id"], name="signal_pending", condition=Q(status="pending")
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="pending", settled_at=None)
                | (
                    Q(status__in=["executed", "failed", "ignored", "expired"])
                    & Q(settled_at__isnull=False)
                ),
                name="signal_settled_with_a_time",
            ),
            models.CheckConstraint(
                condition=Q(side__in=["buy", "sell", "long", "short", "close"]),
                name="signal_side_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.symbol} by {self.source}"
