"""Who somebody is."""

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

    class Meta(AbstractUser.Meta):
        db_table = "users_user"
