"""A named set of settings for orders: who, with which key, on which symbol, watched how often."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower


class Bot(models.Model):
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="bots"
    )
    key = models.ForeignKey("exchanges.ExchangeKey", on_delete=models.RESTRICT, related_name="bots")
    name = models.CharField(max_length=60)
    symbol = models.CharField(max_length=40)
    check_seconds = models.PositiveIntegerField(
        "check interval in seconds",
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(3600)],
    )
    settings = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["user", "name"]
        constraints = [
            models.UniqueConstraint("user", Lower("name"), name="bot_name_once_per_user"),
            models.CheckConstraint(
                condition=models.Q(check_seconds__gte=1, check_seconds__lte=3600),
                name="bot_check_seconds_sane",
            ),
        ]

    def __str__(self) -> str:
        return self.name
