"""Accounts, invitations to one, sign-ins by API, API tokens, and keys shared with others."""

import zoneinfo
from decimal import Decimal

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


def check_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("There is no such time zone. One is Europe/Berlin."))


class Theme(models.TextChoices):
    AUTO = "", gettext_lazy("As this machine is set")
    LIGHT = "light", gettext_lazy("Light")
    DARK = "dark", gettext_lazy("Dark")


class Density(models.TextChoices):
    ROOMY = "", gettext_lazy("Roomy")
    COMPACT = "compact", gettext_lazy("Compact: more rows on a screen")


class Language(models.TextChoices):
    """The languages of pages, each in its own words; settings.LANGUAGES has the same."""

    AUTO = "", gettext_lazy("As the browser asks")
    ENGLISH = "en", "English"
    GERMAN = "de", "Deutsch"
    VIETNAMESE = "vi", "Tiếng Việt"
    CHINESE = "zh-hans", "简体中文"


class NumberFormat(models.TextChoices):
    POINT = "", "1,234.56"
    COMMA = "comma", "1.234,56"
    SPACE = "space", "1\N{NARROW NO-BREAK SPACE}234.56"


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
    time_zone = models.CharField(
        max_length=60,
        blank=True,
        default="",
        db_default="",  # processes of the release before make users too while it is replaced
        validators=[check_time_zone],
        help_text="In which times are shown, such as Europe/Berlin; empty: the browser's.",
    )

    order_columns = models.CharField(
        "columns of the orders table",
        max_length=120,
        blank=True,
        default="",
        db_default="",  # as above
        help_text="Their names, with spaces between them; empty: the usual ones.",
    )

    theme = models.CharField(
        max_length=5,
        choices=Theme.choices,
        blank=True,
        default="",
        db_default="",  # as above
        help_text="light or dark; empty: as the machine is set that shows the page.",
    )
    density = models.CharField(
        max_length=7,
        choices=Density.choices,
        blank=True,
        default="",
        db_default="",  # as above
        help_text="How close rows of tables are: compact, or empty for roomy.",
    )
    language = models.CharField(
        max_length=10,
        choices=Language.choices,
        blank=True,
        default="",
        db_default="",  # as above
        help_text="Of pages and of messages; empty: the browser's, and English for messages.",
    )
    number_format = models.CharField(
        max_length=5,
        choices=NumberFormat.choices,
        blank=True,
        default="",
        db_default="",  # as above
        help_text="How pages write numbers: comma is 1.234,56, space is 1 234.56, empty 1,234.56.",
    )
    favourite_markets = ArrayField(
        models.CharField(max_length=120),
        blank=True,
        default=list,
        db_default=[],  # as above
        help_text="Names of instruments, first on the markets page: binance.spot:BTC/USDT.",
    )
    fill_sound = models.BooleanField(
        "sound on each fill",
        default=False,
        db_default=False,  # as above
        help_text="Whether an open page plays two tones for each fill.",
    )
    fill_notifications = models.BooleanField(
        "browser notification on each fill",
        default=False,
        db_default=False,  # as above
        help_text="Whether a browser shows each fill while no page of ours is visible in it.",
    )

    class Meta(AbstractUser.Meta):
        db_table = "users_user"


class Invitation(models.Model):
    """A link with which one person makes themselves an account. Only its digest is stored."""

    digest = models.CharField(max_length=64, unique=True, editable=False)
    email = models.EmailField("email address", blank=True)
    is_emailed = models.BooleanField(default=False, editable=False)  # then it proves the address
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(editable=False, db_index=True)
    accepted_by = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    accepted_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class ApiSignIn(models.Model):
    """A sign-in by API that goes on, as its owner sees it in the list of sessions."""

    sid = models.CharField("sign-in", max_length=32, primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_sign_ins")
    address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField()  # when its token was renewed last
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"sign-in {self.sid}"


class EndedSignIn(models.Model):
    """A sign-in by API that has ended: none of its tokens is accepted.

    The row stays until the last of them would have expired.
    """

    sid = models.CharField("sign-in", max_length=32, primary_key=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"sign-in {self.sid}, over"


class ApiToken(models.Model):
    """A token for a program: what it may do, at which keys, from where, and until when.

    Only its digest is stored. Nothing but its last use and its end ever changes: whoever wants
    another scope makes another token.
    """

    class Scope(models.TextChoices):
        READ = "read", "Read"
        TRADE = "trade", "Trade"
        OPERATE = "operate", "Operate"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=16, editable=False)  # how it begins, to recognise it by
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope.choices))
    # Null: all keys, those to come included. Ids and no relation, as the removal of a token's last
    # key must not leave one for all keys; ids are never used again.
    key_ids = ArrayField(models.BigIntegerField(), null=True)
    networks = ArrayField(models.CharField(max_length=49), default=list)  # empty: from anywhere
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    last_address = models.GenericIPAddressField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"],
                condition=models.Q(revoked_at=None),
                name="api_token_name_once_per_user",
            )
        ]

    def __str__(self) -> str:
        return f"{self.hint}…"


class KeyGrant(models.Model):
    """The right of another user to see one exchange key's orders and money, or to trade too.

    It is an offer until the member accepts it. An offer to a name that nobody has looks the same
    to its owner, who must not learn from it which accounts there are.
    """

    class Role(models.TextChoices):
        VIEWER = "viewer", "Viewer"
        TRADER = "trader", "Trader"

    key = models.ForeignKey("exchanges.ExchangeKey", models.CASCADE, related_name="grants")
    member_name = models.CharField("offered to", max_length=150)
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="key_grants"
    )
    role = models.CharField(max_length=10, choices=Role.choices)
    created_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key", "member_name"], name="key_granted_once_per_name"
            ),
            models.UniqueConstraint(fields=["key", "member"], name="key_granted_once_per_member"),
            models.CheckConstraint(
                condition=models.Q(role__in=["viewer", "trader"]), name="key_grant_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} of key {self.key_id}: {self.member_name}"
