"""A first start that shows life: an operator, two traders, paper keys, bots and open orders."""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from typing import Final

from celery import current_app
from django.conf import settings
from django.db import transaction

from bots.models import Bot
from exchanges import keys, paper
from exchanges.catalogue import Market, Venue
from exchanges.models import ExchangeKey
from orders import placement
from users.models import User

TRADERS: Final = {
    "alice": {"USDT": "100000", "BTC": "1.5", "ETH": "12"},
    "bob": {"USDT": "50000", "BTC": "0.5", "SOL": "300"},
}
PAPER_LABEL: Final = "Paper account"
# Symbol, side, how far from the price, amount: some fill soon, some rest.
LADDERS: Final[dict[str, list[tuple[str, str, str, str]]]] = {
    "alice": [
        ("BTC/USDT", "buy", "0.9995", "0.02"),
        ("BTC/USDT", "buy", "0.998", "0.05"),
        ("BTC/USDT", "buy", "0.98", "0.1"),
        ("BTC/USDT", "sell", "1.0008", "0.03"),
        ("BTC/USDT", "sell", "1.02", "0.2"),
        ("ETH/USDT", "sell", "1.001", "1.5"),
        ("ETH/USDT", "buy", "0.97", "4"),
    ],
    "bob": [
        ("BTC/USDT", "sell", "1.01", "0.1"),
        ("SOL/USDT", "buy", "0.999", "20"),
        ("SOL/USDT", "sell", "1.03", "50"),
    ],
}
CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class SignIn:
    username: str
    password: str
    role: str


def create(*, now: datetime) -> bool:
    """Once: a home that has its sign-ins written down is left as it is."""
    if sign_ins().exists() and User.objects.filter(username="operator").exists():
        return False
    with transaction.atomic():
        people = [_operator(), *(_trader(name) for name in TRADERS)]
    _write(people)
    current_app.send_task("exchanges.read_symbols")
    prices = paper.prices()
    for name in TRADERS:
        _orders(User.objects.get(username=name), prices, now)
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
    if not user.exchange_keys.filter(label=PAPER_LABEL).exists():
        account = paper.open_account(name, TRADERS[name])
        key = keys.attach(
            user=user,
            label=PAPER_LABEL,
            venue=Venue.BINANCE,
            market=Market.SPOT,
            api_key=account.key,
            secret=account.secret,
            passphrase="",
            is_paper=True,
        )
        Bot.objects.create(user=user, key=key, name="ladder", symbol="BTC/USDT")
    return SignIn(name, password, "trader")


def _user(name: str, password: str, **rights: bool) -> User:
    user, _ = User.objects.get_or_create(username=name, defaults=rights)
    user.set_password(password)
    user.save()
    return user


def _orders(user: User, prices: dict[str, Decimal], now: datetime) -> None:
    key: ExchangeKey = user.exchange_keys.get(label=PAPER_LABEL)
    bot = user.bots.get(name="ladder")
    for symbol, side, factor, quantity in LADDERS[user.username]:
        price = prices[symbol.replace("/", "")] * Decimal(factor)
        placement.place(
            user=user,
            wish=placement.Wish(
                key=key,
                bot=bot if symbol == bot.symbol else None,
                symbol=symbol,
                side=side,
                type="limit",
                time_in_force="GTC",
                quantity=Decimal(quantity),
                price=price.quantize(CENT, ROUND_DOWN),
            ),
            now=now,
        )


def _write(people: list[SignIn]) -> None:
    path = sign_ins()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    users = [
        {"username": who.username, "password": who.password, "role": who.role} for who in people
    ]
    path.write_text(json.dumps({"users": users}, indent=2) + "\n")
