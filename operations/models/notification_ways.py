"""How people want to be told: the ways outside the application, quiet hours, Telegram's codes."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy


class NotificationCategory(models.TextChoices):
    FILLS = "fills", gettext_lazy("Orders that are filled")
    ORDERS = "orders", gettext_lazy("Orders that a venue rejects or cancels")
    BOTS = "bots", gettext_lazy("Bots that stop with an error")
    KEYS = "keys", gettext_lazy("Keys that a venue refuses")
    ALERTS = "alerts", gettext_lazy("Alerts")
    SIGNALS = "signals", gettext_lazy("Signals")
    SECURITY = "security", gettext_lazy("Sign-ins from new places")
    REPORTS = "reports", gettext_lazy("Reports")
    OPERATIONS = "operations", gettext_lazy("Messages of operators")


def important_categories() -> list[str]:
    """Return what is told unless chosen otherwise: all but what happens many times a day."""
    frequent = {NotificationCategory.FILLS, NotificationCategory.SIGNALS}
    return [category for category in NotificationCategory.values if category not in frequent]


class NotificationWay(models.Model):
    """A way to tell a person outside the application. Written by notifications/ways and /sending.

    Its address and secret are sealed: only a worker opens them.
    """

    class WayKind(models.TextChoices):
        APPRISE = "apprise", gettext_lazy("Service by Apprise")
        WEBHOOK = "webhook", gettext_lazy("Webhook")
        WEB_PUSH = "web_push", gettext_lazy("Browser")
        TELEGRAM = "telegram", "Telegram"

    class Collect(models.TextChoices):
        NEVER = "never", gettext_lazy("At once")
        HOURLY = "hourly", gettext_lazy("Collected every hour")
        DAILY = "daily", gettext_lazy("Collected every day")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_ways"
    )
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=WayKind.choices)
    sealed_address = models.BinaryField(default=b"")
    sealed_secret = models.BinaryField(default=b"")  # signs webhooks
    sealed_former_secret = models.BinaryField(default=b"")  # signs too, until former_until
    former_until = models.DateTimeField(null=True, blank=True)
    hint = models.CharField(max_length=100, default="")  # recognises the address, tells no secret
    address_digest = models.CharField(max_length=64, default="")  # of a browser's subscription
    chat_id = models.BigIntegerField("Telegram chat", null=True, blank=True, unique=True)
    categories = ArrayField(
        models.CharField(max_length=12, choices=NotificationCategory.choices),
        default=important_categories,
    )
    collect = models.CharField(max_length=8, choices=Collect.choices, default=Collect.NEVER)
    is_active = models.BooleanField(default=True)
    off_reason = models.CharField(max_length=200, default="")  # if it was not its owner
    failures = models.PositiveIntegerField("failures in a row", default=0)
    last_error = models.CharField(max_length=200, default="")
    last_sent_at = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    minute_began_at = models.DateTimeField(null=True, blank=True)
    minute_count = models.PositiveIntegerField("messages in this minute", default=0)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="way_name_once_per_user"),
            models.UniqueConstraint(
                fields=["user", "address_digest"],
                condition=~Q(address_digest=""),
                name="way_browser_once_per_user",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["apprise", "webhook", "web_push", "telegram"]),
                name="way_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(collect__in=["never", "hourly", "daily"]), name="way_collect_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.kind})"


class NotificationPreferences(models.Model):
    """A person's quiet hours, and what their list in the application shows."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="notification_preferences",
    )
    in_app = ArrayField(
        models.CharField(max_length=12, choices=NotificationCategory.choices),
        default=important_categories,
    )
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    critical_passes = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "notification preferences"

    def __str__(self) -> str:
        return f"preferences of user {self.user_id}"


class NotificationCursor(models.Model):
    """The last event of a user's stream that was read for what is worth a message."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    seq = models.BigIntegerField("number", default=0)

    def __str__(self) -> str:
        return f"cursor of user {self.user_id} at {self.seq}"


class SignInPlace(models.Model):
    """A network from which a user signed in; the first sign-in from another one is told."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    network = models.CharField(max_length=49)
    first_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "network"], name="sign_in_place_once")
        ]

    def __str__(self) -> str:
        return f"{self.network} of user {self.user_id}"


class TelegramLink(models.Model):
    """A code with which a person's Telegram chat is linked to their account. Only its digest."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"code of user {self.user_id}"


class TelegramUpdates(models.Model):
    """How far the bot's updates were read, and until when a process reads them. One row."""

    next_update = models.BigIntegerField(default=0)
    bot_name = models.CharField(max_length=64, default="", db_default="")
    leased_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "Telegram updates"

    def __str__(self) -> str:
        return f"next update {self.next_update}"
