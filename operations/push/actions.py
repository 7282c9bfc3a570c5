"""Carry out each kind of push, inside the transaction that records it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from bots.signals import record
from exchanges import instruments
from operations.alerts import record as alerts
from operations.messages import broadcast as messages_broadcast
from operations.models import Alert, Push
from operations.notifications import record as notifications
from realtime import prices
from realtime.frames import MarketData, MarketType
from realtime.shapes.market import BookData, PriceData
from realtime.values import format_money, format_time
from users.models import User

Fields = Mapping[str, Any]  # validated by operations/push/serializers.py


class PushRefused(Exception):
    """The push cannot be done; `field` names the part of the request that is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


@dataclass(frozen=True, slots=True)
class PushResult:
    """The outcome of a push: its target, the answer's data, and a message for other operators."""

    target: str
    data: Mapping[str, Any]
    message: str


def push_notification(fields: Fields, operator: User, now: datetime) -> PushResult:
    text = {name: fields[name] for name in ("title", "message", "level", "link")}
    ids = [notifications.notify(user_id=user.pk, now=now, **text).pk for user in fields["people"]]
    return _result_for_people(fields, ids)


def push_alert(fields: Fields, operator: User, now: datetime) -> PushResult:
    name = f"operator:{fields['name']}"
    if fields["ended"]:
        return _end_alert(fields, name, now)
    text = {part: fields[part] for part in ("title", "message", "level", "link")}
    ids = [
        alerts.begin_alert(user_id=user.pk, name=name, now=now, **text).pk
        for user in fields["people"]
    ]
    return _result_for_people(fields, ids)


def _end_alert(fields: Fields, name: str, now: datetime) -> PushResult:
    open_alerts = Alert.objects.filter(user__in=fields["people"], name=name, ended_at=None)
    alert_ids = dict(open_alerts.values_list("user", "pk"))
    ended = [
        pk
        for user_id, pk in alert_ids.items()
        if alerts.end_alert(user_id=user_id, name=name, now=now)
    ]
    if not ended:
        raise PushRefused("name", "They have no open alert of this name.")
    return _result_for_people(fields, ended)


def push_signal(fields: Fields, operator: User, now: datetime) -> PushResult:
    signal = {name: fields[name] for name in ("source", "symbol", "side", "price", "message")}
    ids = [record.create_signal(user_id=user.pk, now=now, **signal).pk for user in fields["people"]]
    message = f"{fields['side']} {fields['symbol']} by {fields['source']}"
    return _result_for_people(fields, ids, message)


def push_price(fields: Fields, operator: User, now: datetime) -> PushResult:
    """Send a price of a simulated instrument; nothing pushed may look like a live price."""
    name = fields["instrument"]
    _require_simulated(name)
    sent = _market_frames(fields, format_time(now))
    transaction.on_commit(lambda: prices.publish_changes(sent), robust=True)
    return PushResult(name, {"target": name, "sent": [kind for kind, _ in sent]}, f"{name} pushed")


def _require_simulated(name: str) -> None:
    try:
        instrument = instruments.parse(name)
    except ValueError:
        message = "No such name: it is like binance.spot.paper:BTC/USDT."
        raise PushRefused("instrument", message) from None
    if not instrument.is_paper:
        message = "This is a live market. Prices are pushed to simulated ones only, named .paper."
        raise PushRefused("instrument", message)
    if not prices.find_known([name]):
        message = "This does not trade at a simulated venue of this installation."
        raise PushRefused("instrument", message)


def _market_frames(fields: Fields, at: str) -> list[tuple[MarketType, MarketData]]:
    name = fields["instrument"]
    figures = {
        part: None if fields[part] is None else format_money(fields[part])
        for part in ("last", "bid", "bid_quantity", "ask", "ask_quantity")
    }
    made: list[tuple[MarketType, MarketData]] = []
    if (last := figures["last"]) is not None:
        data = PriceData(
            instrument=name,
            simulated=True,
            last=last,
            bid=figures["bid"],
            ask=figures["ask"],
            at=at,
            stale=False,
        )
        made.append(("price_update", data))
    if figures["bid"] is not None or figures["ask"] is not None:
        book = BookData(
            instrument=name,
            simulated=True,
            bid=figures["bid"],
            bid_quantity=figures["bid_quantity"],
            ask=figures["ask"],
            ask_quantity=figures["ask_quantity"],
            at=at,
            stale=False,
        )
        made.append(("book_update", book))
    return made


def push_broadcast(fields: Fields, operator: User, now: datetime) -> PushResult:
    text = {name: fields[name] for name in ("title", "message", "level")}
    sent = messages_broadcast.begin_broadcast(**text, by=operator, now=now)
    data = {"target": "everybody", "users": sent.of, "broadcast": sent.pk}
    return PushResult("everybody", data, fields["title"])


def _result_for_people(fields: Fields, ids: list[int], message: str = "") -> PushResult:
    target = fields["target"]
    data = {"target": target, "users": len(ids), "made": ids}
    return PushResult(target, data, message or fields["title"])


PUSH_ACTIONS: Mapping[Push.Kind, Callable[[Fields, User, datetime], PushResult]] = {
    Push.Kind.NOTIFICATION: push_notification,
    Push.Kind.ALERT: push_alert,
    Push.Kind.SIGNAL: push_signal,
    Push.Kind.MARKET: push_price,
    Push.Kind.BROADCAST: push_broadcast,
}
