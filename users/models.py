"""Accounts, and sign-ins that have ended."""

from decimal import Decimal

from django.contrib.auth.models import AbstractUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


class User(AbstractUser):
    """A person or a platform with exchange keys; staff are operators."""

    check_seconds = models.PositiveIntegerField(
        "check interval in seconds",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3600)],
        help_text="How often orders are compared with their venue; empty: as this installation.",
    )
    high_value = models.DecimalField(
        "orders worth this are checked first",
        max_digits=38,
        decimal_places=18,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("1e-18"))],
        help_text="In the quote currency of each order; empty: the largest ones.",
    )

    class Meta(AbstractUser.Meta):
        db_table = "users_user"


class EndedSignIn(models.Model):
    """A sign-in by API that has ended: none of its tokens is accepted.

    The row stays until the last of them would have expired.
    """

    sid = models.CharField("sign-in", max_length=32, primary_key=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"sign-in {self.sid}, over"
