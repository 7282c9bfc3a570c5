"""What each kind of push does, and to whom; inside the transaction that records it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from bots.signals import record
from exchanges import instruments
from operations.messages import alerts, notifications
from operations.messages import broadcast as messages_broadcast
from operations.models import Alert, Push
from realtime import prices
from realtime.frames import MarketData, MarketType
from realtime.shapes import BookData, PriceData
from realtime.values import format_money, format_time
from users.models import User

Given = Mapping[str, Any]  # as operations/push/serializers.py has checked it


class Refused(Exception):
    """It cannot be done; the words say why, the field which part of the wish is meant."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field, self.words = field, words


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a push: for the record, for the answer, and in words for other operators."""

    target: str
    told: Mapping[str, Any]
    words: str


def notification(given: Given, operator: User, now: datetime) -> Done:
    words = {name: given[name] for name in ("title", "message", "level", "link")}
    made = [notifications.notify(user_id=user.pk, now=now, **words).pk for user in given["people"]]
    return _to_people(given, made)


def alert(given: Given, operator: User, now: datetime) -> Done:
    name = f"operator:{given['name']}"
    if given["ended"]:
        return _end_alert(given, name, now)
    words = {part: given[part] for part in ("title", "message", "level", "link")}
    made = [
        alerts.begin(user_id=user.pk, name=name, now=now, **words).pk for user in given["people"]
    ]
    return _to_people(given, made)


def _end_alert(given: Given, name: str, now: datetime) -> Done:
    there = Alert.objects.filter(user__in=given["people"], name=name, ended_at=None)
    open_ones = dict(there.values_list("user", "pk"))
    ended = [
        pk for user_id, pk in open_ones.items() if alerts.end(user_id=user_id, name=name, now=now)
    ]
    if not ended:
        raise Refused("name", "They have no open alert of this name.")
    return _to_people(given, ended)


def signal(given: Given, operator: User, now: datetime) -> Done:
    wish = {name: given[name] for name in ("source", "symbol", "side", "price", "message")}
    made = [record.receive(user_id=user.pk, now=now, **wish).pk for user in given["people"]]
    return _to_people(given, made, f"{given['side']} {given['symbol']} by {given['source']}")


def price(given: Given, operator: User, now: datetime) -> Done:
    """Of a simulated instrument only: nothing that is pushed looks like a live price."""
    name = given["instrument"]
    _must_be_simulated(name)
    told = _market_frames(given, format_time(now))
    transaction.on_commit(lambda: prices.tell(told), robust=True)
    return Done(name, {"target": name, "sent": [kind for kind, _ in told]}, f"{name} pushed")


def _must_be_simulated(name: str) -> None:
    try:
        instrument = instruments.parse(name)
    except ValueError:
        words = "No such name: it is like binance.spot.paper:BTC/USDT."
        raise Refused("instrument", words) from None
    if not instrument.is_paper:
        words = "This is a live market. Prices are pushed to simulated ones only, named .paper."
        raise Refused("instrument", words)
    if not prices.known([name]):
        raise Refused(
            "instrument", "This does not trade at a simulated venue of this installation."
        )


def _market_frames(given: Given, at: str) -> list[tuple[MarketType, MarketData]]:
    name, figures = (
        given["instrument"],
        {
            part: format_money(value) if (value := given[part]) is not None else None
            for part in ("last", "bid", "bid_quantity", "ask", "ask_quantity")
        },
    )
    told: list[tuple[MarketType, MarketData]] = []
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
        told.append(("price_update", data))
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
        told.append(("book_update", book))
    return told


def broadcast(given: Given, operator: User, now: datetime) -> Done:
    made = messages_broadcast.begin(
        title=given["title"], message=given["message"], level=given["level"], by=operator, now=now
    )
    told = {"target": "everybody", "users": made.of, "broadcast": made.pk}
    return Done("everybody", told, given["title"])


def _to_people(given: Given, made: list[int], words: str = "") -> Done:
    target = given["target"]
    told = {"target": target, "users": len(made), "made": made}
    return Done(target, told, words or given["title"])


ACTS: Mapping[Push.Kind, Callable[[Given, User, datetime], Done]] = {
    Push.Kind.NOTIFICATION: notification,
    Push.Kind.ALERT: alert,
    Push.Kind.SIGNAL: signal,
    Push.Kind.MARKET: price,
    Push.Kind.BROADCAST: broadcast,
}
