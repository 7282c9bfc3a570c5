"""Leverage and margin mode of a symbol: set by a worker, which tells the owner the outcome."""

from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exchanges.models import ExchangeKey, Symbol
from exchanges.venues import MarketKind
from exchanges.worker_calls import CallUnsupported, call_worker
from realtime import publish
from realtime.shapes.notes import LeverageSetData

TIMEOUT_SECONDS: Final = 8.0  # for a worker and a venue to answer
MAX_LEVERAGE: Final = 125
MARGIN_MODES: Final = [("cross", gettext_lazy("Cross")), ("isolated", gettext_lazy("Isolated"))]


@dataclass(frozen=True, kw_only=True, slots=True)
class LeverageRequest:
    symbol: str
    leverage: int
    margin_mode: str


def change_leverage(key: ExchangeKey, request: LeverageRequest) -> dict[str, Any]:
    """Have a worker set it; return whether the venue accepted it, and a message."""
    _check_request(key, request)
    return call_worker(
        "exchanges.set_leverage",
        *(key.pk, request.symbol, request.leverage, request.margin_mode),
        seconds=TIMEOUT_SECONDS,
        if_late=_("The outcome will be told."),
    )


def publish_outcome(key: ExchangeKey, request: LeverageRequest, *, ok: bool, message: str) -> None:
    """Tell the owner's pages and programs, even after the caller has given up waiting."""
    data = LeverageSetData(
        key=key.pk,
        symbol=request.symbol,
        leverage=request.leverage,
        margin_mode=request.margin_mode,
        ok=ok,
        message=message,
    )
    publish.notify_user(
        user_id=key.user_id, type="leverage_set", data=data, about=f"{key.pk} {request.symbol}"
    )


def list_symbols(key: ExchangeKey) -> list[str]:
    """Return the names of the symbols that trade at the key's market."""
    symbols = Symbol.objects.filter(**key.venue_market._asdict())
    return list(symbols.values_list("name", flat=True))


def _check_request(key: ExchangeKey, request: LeverageRequest) -> None:
    if key.market != MarketKind.FUTURES:
        raise CallUnsupported(
            _("Only futures have leverage; “%(key)s” is a %(market)s key.")
            % {"key": key.label, "market": key.market}
        )
    if not key.is_active:
        raise CallUnsupported(
            _("The key “%(key)s” is switched off, so its venue is not asked.") % {"key": key.label}
        )
    symbols = list_symbols(key)
    if symbols and request.symbol not in symbols:
        raise CallUnsupported(
            _("%(symbol)s is not traded at %(venue_label)s.")
            % {"symbol": request.symbol, "venue_label": key.venue_label}
        )
