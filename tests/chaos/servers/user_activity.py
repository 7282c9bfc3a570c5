"""Random activity of users: keys change, orders come, are filled and end."""

import random
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils import timezone

from exchanges import payloads
from exchanges.holdings import record
from exchanges.holdings.record import HoldingsReport
from exchanges.keys import actions
from exchanges.models import ExchangeKey
from orders import reconciler
from orders.lifecycle.states import OPEN
from orders.models import Order
from realtime import streams
from realtime.frames import Offset
from tests.chaos.clients.frame_audit import owner_mark
from tests.exchanges.holding_reports import balance_report
from tests.orders.reports import fill, report
from users.models import User

TRADING, OTHER = "trading", "other"
TOO_MANY = 300  # more events in one transaction than the doorbell carries
QUANTITY, PART = Decimal("0.01"), Decimal("0.004")


@dataclass(frozen=True)
class ChaosUser:
    """A user; orders belong to one key, the other is renamed and switched."""

    user: User
    trading: int
    other: int
    keys: set[int] = field(default_factory=set)

    start: Offset | None = None  # before anything happened

    @property
    def id(self) -> int:
        return int(self.user.pk)


def create_user(name: str) -> ChaosUser:
    """A new user with two keys."""
    user = User.objects.create_user(name, password=None)
    found = {label: open_key(user, label).pk for label in (TRADING, OTHER)}
    start = Offset(epoch=streams.fetch_head(user.pk).epoch, seq=0)
    return ChaosUser(user, found[TRADING], found[OTHER], set(found.values()), start)


def open_key(user: User, label: str) -> ExchangeKey:
    return actions.attach(
        user=user,
        label=owner_mark(user.pk, label),
        venue="binance",
        market="spot",
        api_key=secrets.token_hex(16),
        secret="s" * 32,
    )


def load_users(user_ids: Sequence[int]) -> list[ChaosUser]:
    """The people of another process."""
    return [_load_user(user) for user in User.objects.filter(pk__in=user_ids).order_by("pk")]


def _load_user(user: User) -> ChaosUser:
    first, second = ExchangeKey.objects.filter(user=user).order_by("pk").values_list("pk")[:2]
    return ChaosUser(user, first[0], second[0])


def write_events(person: ChaosUser, number: int) -> None:
    """Write many key_update events in one transaction."""
    with streams.unit() as unit:
        key = ExchangeKey.objects.select_for_update().get(pk=person.other)
        for _ in range(number):
            unit.event(user_id=person.id, type="key_update", data=payloads.key_data(key))


class RandomActivity:
    """One after the other, seeded."""

    def __init__(self, people: Sequence[ChaosUser], seed: int) -> None:
        self._people = people
        self._random = random.Random(seed)  # noqa: S311 (the same each time)
        self._moves: list[tuple[int, Callable[[ChaosUser], object]]] = [
            (40, self.rename),
            (8, self.switch_key),
            (8, self.hold),
            (14, self.place_order),
            (24, self.advance_order),
            (4, self.rename_several),
            (1, self.write_too_many),
        ]

    def move(self) -> None:
        person = self._random.choice(self._people)
        weights = [weight for weight, _ in self._moves]
        [(_, move)] = self._random.choices(self._moves, weights)
        move(person)

    def rename(self, person: ChaosUser) -> None:
        actions.rename(person.other, owner_mark(person.id, self._random.randrange(10**9)))

    def switch_key(self, person: ChaosUser) -> None:
        self._random.choice([actions.activate, actions.deactivate])(person.other)

    def hold(self, person: ChaosUser) -> None:
        now, free = timezone.now(), str(self._random.randrange(1, 1000))
        seen = HoldingsReport(
            at=now, balances=[balance_report("BTC", free)], positions=[], complete=True
        )
        record.record(person.trading, seen, now=now)

    def place_order(self, person: ChaosUser) -> None:
        wish: dict[str, Any] = {
            "symbol": "BTC/USDT",
            "side": "buy",
            "type": "limit",
            "quantity": QUANTITY,
            "price": Decimal("50000"),
            "client_order_id": f"fw{secrets.token_hex(14)}",
            "created_at": timezone.now(),
        }
        order = Order(user_id=person.id, key_id=person.trading, **wish)
        reconciler.record_intent(order)

    def advance_order(self, person: ChaosUser) -> None:
        """The next thing that its venue says of an open order, if there is one."""
        order = Order.objects.filter(user=person.user, status__in=OPEN).order_by("?").first()
        if order is None:
            self.place_order(person)
        elif order.status == "pending":
            self._apply_report(order, "new")
        elif order.status == "new" and self._random.random() < 0.5:
            self._apply_report(order, "canceled")
        elif order.status == "new":
            self._apply_report(order, "partially_filled", PART)
        else:
            self._apply_report(order, "filled", QUANTITY - PART)

    def _apply_report(self, order: Order, status: str, executed: Decimal = Decimal(0)) -> None:
        number = str(order.pk)
        parts = []
        if executed:
            trade = owner_mark(order.user_id, f"{order.pk}-{status}")
            parts = [fill(trade, str(executed), exchange_order_id=number)]
        its = report(
            status,
            str(order.filled + executed),
            exchange_order_id=number,
            client_order_id=order.client_order_id,
            quantity=QUANTITY,
            fills=parts,
        )
        reconciler.apply_report(order.pk, its, source="stream", now=timezone.now())

    def rename_several(self, person: ChaosUser) -> None:
        """One transaction that tells several users."""
        with streams.unit():
            for other in sorted(self._people, key=lambda one: one.other):
                self.rename(other)

    def write_too_many(self, person: ChaosUser) -> None:
        """More in one transaction than the doorbell carries: the sockets must read the log."""
        write_events(person, TOO_MANY)
