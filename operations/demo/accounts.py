"""A first start that shows life: an operator, two traders, paper keys, orders; soon after, bots."""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from typing import Final

from celery import current_app
from django.conf import settings

from exchanges import paper, venues
from exchanges.base import CONDITIONAL
from exchanges.keys import actions
from exchanges.models import ExchangeKey
from exchanges.venues import MarketKind
from operations.messages import notifications
from orders import placement
from realtime import streams
from users.models import User

TENTH: Final = Decimal("0.1")
WELCOME: Final = "Welcome to Fillwatch"
FIRST_STEPS: Final = (
    "This is paper money on a simulated venue. Place an order, and watch it to its last fill."
)
Ladder = tuple[tuple[str, str, str, str, str], ...]  # symbol, side, type, where, amount


@dataclass(frozen=True, kw_only=True, slots=True)
class Paper:
    """A paper account, and what its owner orders there at once: some fill soon, some rest."""

    label: str
    venue: str
    market: str
    balances: dict[str, str]
    ladder: Ladder


TRADERS: Final[dict[str, tuple[Paper, ...]]] = {
    "alice": (
        Paper(
            label="Paper account",
            venue="binance",
            market=MarketKind.SPOT,
            balances={"USDT": "100000", "BTC": "1.5", "ETH": "12"},
            ladder=(
                ("BTC/USDT", "buy", "limit", "0.9995", "0.02"),
                ("BTC/USDT", "buy", "limit", "0.998", "0.05"),
                ("BTC/USDT", "buy", "limit", "0.98", "0.1"),
                ("BTC/USDT", "sell", "limit", "1.0008", "0.03"),
                ("BTC/USDT", "sell", "limit", "1.02", "0.2"),
                ("ETH/USDT", "sell", "limit", "1.001", "1.5"),
                ("ETH/USDT", "buy", "limit", "0.97", "4"),
            ),
        ),
        Paper(
            label="Paper futures",
            venue="binance",
            market=MarketKind.FUTURES,
            balances={"USDT": "20000"},
            ladder=(
                ("BTC/USDT:USDT", "buy", "market", "1", "0.05"),
                ("BTC/USDT:USDT", "sell", "stop_loss", "0.97", "0.05"),
                ("BTC/USDT:USDT", "sell", "take_profit", "1.03", "0.05"),
            ),
        ),
    ),
    "bob": (
        Paper(
            label="Paper account",
            venue="binance",
            market=MarketKind.SPOT,
            balances={"USDT": "50000", "BTC": "0.5", "SOL": "300"},
            ladder=(
                ("BTC/USDT", "sell", "limit", "1.01", "0.1"),
                ("SOL/USDT", "buy", "limit", "0.999", "20"),
                ("SOL/USDT", "sell", "limit", "1.03", "50"),
            ),
        ),
        Paper(
            label="Paper contracts",
            venue="bybit",
            market=MarketKind.FUTURES,
            balances={"USDT": "20000"},
            ladder=(("ETH/USDT:USDT", "buy", "limit", "0.995", "1"),),
        ),
        Paper(
            label="Paper spot",
            venue="okx",
            market=MarketKind.SPOT,
            balances={"USDT": "30000", "ETH": "6"},
            ladder=(
                ("ETH/USDT", "sell", "limit", "1.002", "2"),
                ("BTC/USDT", "buy", "limit", "0.99", "0.05"),
            ),
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class SignIn:
    username: str
    password: str
    role: str


def create(*, now: datetime) -> bool:
    """Once: a home that has its sign-ins written down is left as it is.

    They are written last, so what did not come to its end is done again; what is there stays.
    """
    if sign_ins().exists() and User.objects.filter(username="operator").exists():
        return False
    with streams.unit():
        people = [_operator(), *(_trader(name) for name in TRADERS)]
    prices = paper.prices()
    for name in TRADERS:
        _set_to_work(User.objects.get(username=name), prices, now=now)
    current_app.send_task("exchanges.read_symbols")
    current_app.send_task("operations.finish_demo")
    _write(people)
    return True


def sign_ins() -> Path:
    return Path(settings.FILLWATCH_HOME) / "demo.json"


def _operator() -> SignIn:
    password = secrets.token_urlsafe(9)
    _user("operator", password, is_staff=True, is_superuser=True)
    return SignIn("operator", password, "operator")


def _trader(name: str) -> SignIn:
    password = secrets.token_urlsafe(9)
    user = _user(name, password)
    for wanted in TRADERS[name]:
        if not user.exchange_keys.filter(label=wanted.label).exists():
            _attach(user, wanted)
    return SignIn(name, password, "trader")


def _attach(user: User, wanted: Paper) -> None:
    account = paper.open_account(
        f"{user.username}: {wanted.label}",
        wanted.balances,
        for_contracts=wanted.market == MarketKind.FUTURES,
    )
    actions.attach(
        user=user,
        label=wanted.label,
        venue=wanted.venue,
        market=wanted.market,
        api_key=account.key,
        secret=account.secret,
        passphrase=account.passphrase if venues.get(wanted.venue).passphrase else "",
        is_paper=True,
    )


def _user(name: str, password: str, **rights: bool) -> User:
    user, _ = User.objects.get_or_create(username=name, defaults=rights)
    user.set_password(password)
    user.save()
    return user


def _set_to_work(user: User, prices: dict[str, Decimal], *, now: datetime) -> None:
    with streams.unit():
        if user.notifications.filter(title=WELCOME).exists():
            return
        for wanted in TRADERS[user.username]:
            key = user.exchange_keys.get(label=wanted.label)
            for rung in wanted.ladder:
                placement.place(user=user, wish=_wish(key, prices, *rung), now=now)
        notifications.notify(user_id=user.pk, title=WELCOME, message=FIRST_STEPS, now=now)


def _wish(
    key: ExchangeKey,
    prices: dict[str, Decimal],
    symbol: str,
    side: str,
    kind: str,
    where: str,
    amount: str,
) -> placement.Wish:
    spot, _, contract = symbol.partition(":")
    at = (prices[spot.replace("/", "")] * Decimal(where)).quantize(TENTH, ROUND_DOWN)
    waits = kind in CONDITIONAL
    return placement.Wish(
        key=key,
        symbol=symbol,
        side=side,
        type=kind,
        time_in_force="GTC",
        quantity=Decimal(amount),
        price=at if kind == "limit" else None,
        trigger_price=at if waits else None,
        reduce_only=waits and bool(contract),
    )


def _write(people: list[SignIn]) -> None:
    path = sign_ins()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    users = [
        {"username": who.username, "password": who.password, "role": who.role} for who in people
    ]
    path.write_text(json.dumps({"users": users}, indent=2) + "\n")
