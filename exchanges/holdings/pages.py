"""The holdings page: what each key holds, as its venue last reported."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from exchanges import payloads
from exchanges.limits import venue_status
from exchanges.models import ExchangeKey
from exchanges.templatetags.amounts import decimals_of
from realtime import streams
from realtime.shapes.events import BalanceData, PositionData
from users.sharing.access import note_use
from users.sharing.rows import list_tradable

AMOUNTS: Final = ("free", "held", "total")
NUMBERS: Final = (
    *("quantity", "entry_price", "mark_price"),
    *("liquidation_price", "unrealised", "leverage"),
)


@dataclass(frozen=True, slots=True)
class KeyHoldings:
    """One key with its balances and positions."""

    key: ExchangeKey
    balances: list[BalanceData]
    positions: list[PositionData]
    may_close: bool  # what its owner may, and a trader

    @property
    def as_of(self) -> datetime | None:
        return self.key.holdings_at


@login_required
@require_GET
def holdings(request: HttpRequest) -> HttpResponse:
    """Read the stream's offset first: a change in between is then sent again, harmlessly."""
    user_id, now = request.user.pk or 0, timezone.now()
    position = streams.fetch_head(user_id)
    note_use(user_id, now=now)
    visible = ExchangeKey.objects.visible_to(user_id).select_related("user")
    keys = sorted(visible, key=lambda key: (key.user_id != user_id, key.label))
    balances = [payloads.balance_data(row, row.key) for row in payloads.list_balances(user_id)]
    positions = [payloads.position_data(row, row.key) for row in payloads.list_positions(user_id)]
    may_close = {key.pk for key in keys if key.user_id == user_id} | {*list_tradable(user_id)}
    context: dict[str, Any] = {
        "page": "holdings",
        "position": position,
        "now": now,
        "held": _group_by_key(keys, balances, positions, may_close),
        "decimals": _count_decimals(balances, AMOUNTS) | _count_decimals(positions, NUMBERS),
        "waiting": venue_status.list_closed(keys, now=now),
        **payloads.money_kinds(keys),
    }
    return render(request, "holdings/holdings.html", context)


def _group_by_key(
    keys: list[ExchangeKey],
    balances: list[BalanceData],
    positions: list[PositionData],
    may_close: set[int],
) -> list[KeyHoldings]:
    return [
        KeyHoldings(
            key,
            [row for row in balances if row["key"] == key.pk],
            [row for row in positions if row["key"] == key.pk],
            key.pk in may_close,
        )
        for key in keys
    ]


def _count_decimals(rows: Any, names: tuple[str, ...]) -> dict[str, int]:
    return {name: decimals_of(row[name] for row in rows) for name in names}
