"""Give every fill an id of its own, even where its venue gives none, or one id to two fills. Pure.

A fill gets the same id from the stream and from a check, in any order and after any restart, since
the id is built from nothing but the fill itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256

from exchanges.base import FillReport
from realtime.values import format_money


def assign_ids(
    fills: Iterable[FillReport], *, known: Mapping[str, FillReport]
) -> dict[str, FillReport]:
    """Return the fills by ids that no two of them share."""
    by_id: dict[str, FillReport] = {}
    derived_ids: list[str] = []
    for fill in fills:
        if fill.trade_id:
            fill_id = _of_its_id(fill, known) if _matches_known(fill, by_id) else _extend_id(fill)
        else:
            # Equal fills in one list are different fills; reported one by one they are repeats.
            derived_ids.append(_derive_id(fill))
            count = derived_ids.count(derived_ids[-1])
            fill_id = derived_ids[-1] if count == 1 else f"{derived_ids[-1]}#{count}"
        by_id[fill_id] = replace(fill, trade_id=fill_id)
    return by_id


def _of_its_id(fill: FillReport, known: Mapping[str, FillReport]) -> str:
    return fill.trade_id if _matches_known(fill, known) else _extend_id(fill)


def _matches_known(fill: FillReport, known: Mapping[str, FillReport]) -> bool:
    """Compare quantity and price; venues may report other details of a fill late or rounded."""
    other = known.get(fill.trade_id)
    return other is None or (other.quantity, other.price) == (fill.quantity, fill.price)


def _extend_id(fill: FillReport) -> str:
    return f"{fill.trade_id}~{_hash_fields(fill.exchange_order_id, fill.quantity, fill.price)}"


def _derive_id(fill: FillReport) -> str:
    moment = int(fill.executed_at.timestamp() * 1000)
    return f"~{_hash_fields(fill.exchange_order_id, moment, fill.quantity, fill.price)}"


def _hash_fields(*parts: object) -> str:
    return sha256("|".join(map(_format_field, parts)).encode()).hexdigest()[:16]


def _format_field(part: object) -> str:
    """Write equal numbers alike: 0.10 and 0.1 are one quantity."""
    return format_money(part) if isinstance(part, Decimal) else str(part)
