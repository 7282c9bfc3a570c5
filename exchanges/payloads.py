"""The data of holdings and streams: one shape for API, events and pages."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from exchanges.models import Balance, ExchangeKey, Position, StreamLease
from realtime.shapes.events import BalanceData, KeyData, PositionData
from realtime.shapes.notes import StreamData
from realtime.values import (
    format_money,
    format_money_or_none,
    format_time,
    format_time_or_none,
)
from users.models import KeyGrant
from users.sharing.rows import RowsOfKeys


def money_kinds(keys: Iterable[ExchangeKey]) -> dict[str, bool]:
    """Tell which kinds of money a page shows, for the ribbon at its top."""
    kinds = {key.is_paper for key in keys}
    return {"simulated": True in kinds, "real": False in kinds}


def list_balances(user_id: int, grants: Iterable[KeyGrant] | None = None) -> RowsOfKeys[Balance]:
    """Return the balances that a user may see, without zeros."""
    is_nothing = Q(free=0, held=0) & (Q(cash=0) | Q(cash=None))
    return Balance.objects.visible_to(user_id, grants).exclude(is_nothing).select_related("key")


def list_positions(user_id: int, grants: Iterable[KeyGrant] | None = None) -> RowsOfKeys[Position]:
    """Return the open positions that a user may see."""
    return Position.objects.visible_to(user_id, grants).exclude(quantity=0).select_related("key")


def key_data(key: ExchangeKey) -> KeyData:
    """A key as its owner's clients see it."""
    return KeyData(
        id=key.pk,
        label=key.label,
        venue=key.venue,
        market=key.market,
        simulated=key.is_paper,
        is_active=key.is_active,
        last_error=key.last_error,
        last_checked_at=format_time_or_none(key.last_checked_at),
        permissions=key.permissions,
        position_mode=key.position_mode or None,  # type: ignore[typeddict-item]  # PositionMode
    )


def balance_data(row: Balance, key: ExchangeKey) -> BalanceData:
    return BalanceData(
        key=key.pk,
        key_label=key.label,
        venue=key.venue,
        market=key.market,
        simulated=key.is_paper,
        currency=row.currency,
        free=format_money(row.free),
        held=format_money(row.held),
        total=format_money(row.total),
        version=row.version,
        changed_at=format_time(row.changed_at),
    )


def position_data(row: Position, key: ExchangeKey) -> PositionData:
    return PositionData(
        key=key.pk,
        key_label=key.label,
        venue=key.venue,
        market=key.market,
        simulated=key.is_paper,
        symbol=row.symbol,
        side=row.side,  # type: ignore[typeddict-item]  # held to PositionSide by its writer
        quantity=format_money(row.quantity),
        entry_price=format_money_or_none(row.entry_price),
        mark_price=format_money_or_none(row.mark_price),
        mark_at=format_time_or_none(row.mark_at),
        liquidation_price=format_money_or_none(row.liquidation_price),
        unrealised=format_money_or_none(row.unrealised),
        leverage=format_money_or_none(row.leverage),
        margin_mode=row.margin_mode or None,
        version=row.version,
        changed_at=format_time(row.changed_at),
    )


def stream_data(lease: StreamLease, *, now: datetime) -> StreamData:
    """Return a stream's state; one whose process has died is idle, whatever its row says."""
    followed = lease.expires_at is not None and lease.expires_at > now
    return StreamData(
        key=lease.key_id,
        state=lease.state if followed else "idle",  # type: ignore[typeddict-item]  # StreamState
        connected_since=format_time_or_none(lease.connected_since) if followed else None,
        last_message_at=format_time_or_none(lease.last_message_at),
        last_reconcile_at=format_time_or_none(lease.last_reconcile_at),
        restarts=lease.restarts,
        last_error=lease.last_error,
    )
