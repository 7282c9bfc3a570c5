"""Demo data of a first start: an operator, two traders, paper keys and orders."""

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
from operations.notifications import record as notifications
from orders import placement
from realtime import streams
from users.models import User

TENTH: Final = Decimal("0.1")
WELCOME: Final = "Welcome to Fillwatch"
FIRST_STEPS: Final = (
    "This is paper money on a simulated venue. Place an order, and watch it to its last fill."
)
SignIn = dict[str, str]  # username, password, role
Ladder = tuple[tuple[str, str, str, str, str], ...]  # symbol, side, type, where, amount


@dataclass(frozen=True, kw_only=True, slots=True)
class PaperAccount:
    """A paper account and the orders placed there at once: some fill soon, some rest."""

    label: str
    venue: str
    market: str
    balances: dict[str, str]
    ladder: Ladder


TRADERS: Final[dict[str, tuple[PaperAccount, ...]]] = {
    "alice": (
        PaperAccount(
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
        PaperAccount(
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
        PaperAccount(
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
        PaperAccount(
            label="Paper contracts",
            venue="bybit",
            market=MarketKind.FUTURES,
            balances={"USDT": "20000"},
            ladder=(("ETH/USDT:USDT", "buy", "limit", "0.995", "1"),),
        ),
        PaperAccount(
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


def create_demo(*, now: datetime) -> bool:
    """Create the demo once: the file of sign-ins marks it as done.

    That file is written last, so an interrupted start is completed by the next one.
    """
    if sign_in_file().exists() and User.objects.filter(username="operator").exists():
        return False
    with streams.unit():
        sign_ins = [_create_operator(), *(_create_trader(name) for name in TRADERS)]
    prices = paper.fetch_prices()
    for name in TRADERS:
        _place_orders(User.objects.get(username=name), prices, now=now)
    current_app.send_task("exchanges.read_symbols")
    current_app.send_task("operations.finish_demo")
    _write_sign_ins(sign_ins)
    return True


def sign_in_file() -> Path:
    return Path(settings.FILLWATCH_HOME) / "demo.json"


def _create_operator() -> SignIn:
    _, sign_in = _create_user("operator", "operator", is_staff=True, is_superuser=True)
    return sign_in


def _create_trader(name: str) -> SignIn:
    user, sign_in = _create_user(name, "trader")
    for paper_account in TRADERS[name]:
        if not user.exchange_keys.filter(label=paper_account.label).exists():
            _attach_key(user, paper_account)
    return sign_in


def _attach_key(user: User, paper_account: PaperAccount) -> None:
    account = paper.open_account(
        f"{user.username}: {paper_account.label}",
        paper_account.balances,
        for_contracts=paper_account.market == MarketKind.FUTURES,
    )
    actions.attach(
        user=user,
        label=paper_account.label,
        venue=paper_account.venue,
        market=paper_account.market,
        api_key=account.key,
        secret=account.secret,
        passphrase=account.passphrase if venues.get(paper_account.venue).passphrase else "",
        is_paper=True,
    )


def _create_user(name: str, role: str, **rights: bool) -> tuple[User, SignIn]:
    user, _ = User.objects.get_or_create(username=name, defaults=rights)
    password = secrets.token_urlsafe(9)
    user.set_password(password)
    user.save()
    return user, {"username": name, "password": password, "role": role}


def _place_orders(user: User, prices: dict[str, Decimal], *, now: datetime) -> None:
    with streams.unit():
        if user.notifications.filter(title=WELCOME).exists():
            return
        for paper_account in TRADERS[user.username]:
            key = user.exchange_keys.get(label=paper_account.label)
            for rung in paper_account.ladder:
                placement.place_order(
                    user=user, request=_order_request(key, prices, *rung), now=now
                )
        notifications.notify(user_id=user.pk, title=WELCOME, message=FIRST_STEPS, now=now)


def _order_request(
    key: ExchangeKey,
    prices: dict[str, Decimal],
    symbol: str,
    side: str,
    kind: str,
    where: str,
    amount: str,
) -> placement.PlacementRequest:
    spot, _, contract = symbol.partition(":")
    at = (prices[spot.replace("/", "")] * Decimal(where)).quantize(TENTH, ROUND_DOWN)
    waits = kind in CONDITIONAL
    return placement.PlacementRequest(
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


def _write_sign_ins(sign_ins: list[SignIn]) -> None:
    path = sign_in_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps({"users": sign_ins}, indent=2) + "\n")
