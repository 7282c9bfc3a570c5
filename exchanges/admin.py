"""Admin pages of keys, streams and holdings. Secrets are never shown."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from exchanges.keys import actions as keys_actions
from exchanges.limits import bans, venue_status
from exchanges.models import Balance, ExchangeKey, Position, StreamLease


@admin.register(ExchangeKey)
class ExchangeKeyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # no generic at run time
    list_display = [
        "label",
        "user",
        "venue",
        "market",
        "is_paper",
        "is_active",
        "last_checked_at",
        "last_error",
    ]
    list_filter = ["venue", "market", "is_paper", "is_active"]
    list_select_related = ["user"]
    search_fields = ["label", "user__username"]
    actions = ["switch_off"]
    fields = readonly_fields = (
        "user",
        "label",
        "venue",
        "market",
        "ends_with",
        "is_paper",
        "is_active",
        "permissions",
        "last_error",
        "last_checked_at",
        "proven_at",
        "holdings_at",
        "venue_now",
        "created_at",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # an owner attaches a key; nobody types a secret for somebody else

    @admin.display(description="API key")
    def ends_with(self, key: ExchangeKey) -> str:
        return keys_actions.mask_api_key(key.api_key)

    @admin.display(description="venue now")
    def venue_now(self, key: ExchangeKey) -> str:
        """Return the market's status, and the end of a wait that only this key has."""
        now = timezone.now()
        state = venue_status.describe_market(key, now=now)
        message = f"{state['state']} {state['until'] or ''} {state['words']}".strip()
        alone = bans.get_end(key, now=now)
        return f"{message}; this key waits until {alone:%H:%M:%S} UTC" if alone else message

    @admin.action(description="Switch off the selected keys", permissions=["change"])
    def switch_off(self, request: HttpRequest, chosen: QuerySet[ExchangeKey]) -> None:
        for key in chosen.filter(is_active=True).order_by("pk"):
            keys_actions.deactivate(key.pk)
        self.message_user(request, "Switched off.")


class UnchangedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(StreamLease)
class StreamLeaseAdmin(UnchangedAdmin):
    """The state of each key's own stream, and the process that follows it."""

    list_display = fields = readonly_fields = (
        "key",
        "state",
        "holder",
        "connected_since",
        "last_message_at",
        "last_reconcile_at",
        "restarts",
        "last_error",
    )
    list_filter = ["state", "holder"]
    list_select_related = ["key"]


class HoldingAdmin(UnchangedAdmin):
    """Balances and positions for operators. Only venues change them, so all is read-only."""

    list_select_related = ["key", "key__user"]
    search_fields = ["key__label", "key__user__username"]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Allow deletion together with its key or user, but not on its own."""
        page = request.resolver_match.url_name if request.resolver_match else None
        by_itself = str(page).startswith(f"exchanges_{self.opts.model_name}_")
        return not by_itself and super().has_delete_permission(request, obj)

    @admin.display(ordering="key__user__username")
    def owner(self, holding: Balance | Position) -> str:
        return holding.key.user.username


@admin.register(Balance)
class BalanceAdmin(HoldingAdmin):
    list_display = ("key", "owner", "currency", "free", "held", "changed_at", "known_at")
    list_filter = ["key__venue", "key__market", "key__is_paper", "currency"]


@admin.register(Position)
class PositionAdmin(HoldingAdmin):
    list_display = (
        *("key", "owner", "symbol", "side", "quantity", "entry_price", "liquidation_price"),
        *("leverage", "margin_mode", "changed_at", "known_at"),
    )
    list_filter = ["key__venue", "key__is_paper", "symbol"]
