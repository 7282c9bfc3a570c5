"""Funding, deposits and statements with unmodified ccxt, the same at every venue."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import ccxt.pro
import pytest

from exchanges.simulator.server import RunningSimulator
from tests.exchanges.simulator.ccxt_clients import connect_binance
from tests.exchanges.simulator.client import Client
from tests.exchanges.simulator.okx.ccxt_client import connect_okx

SWAP = "BTC/USDT:USDT"
KINDS = {"binance": ccxt.pro.binanceusdm, "bybit": ccxt.pro.bybit, "okx": ccxt.pro.okx}


@dataclass
class Venue:
    name: str
    ccxt: Any
    client: Client

    async def control(self, method: str, name: str, **fields: object) -> Any:
        return (await self.client.control(method, name, **fields)).body


@pytest.fixture(params=KINDS)
async def venue(
    request: pytest.FixtureRequest, simulator: RunningSimulator, session: Any
) -> AsyncIterator[Venue]:
    client = Client(session, f"http://127.0.0.1:{simulator.port}")
    account = await client.control(
        "POST",
        "accounts",
        balances={"USDT": "1000", "BTC": "1"},
        futures={"USDT": "10000"},
        permissions={"futures": True},
    )
    client.key, client.secret = account.body["key"], account.body["secret"]
    async with AsyncExitStack() as stack:
        if request.param == "okx":
            way = connect_okx(simulator.describe(), account.body)
        else:
            way = connect_binance(
                simulator.describe(), client.key, client.secret, KINDS[request.param]
            )
        exchange = await stack.enter_async_context(way)
        exchange.options["defaultType"] = "swap"
        yield Venue(request.param, exchange, client)


async def test_a_long_position_pays_funding(venue: Venue) -> None:
    quantity = 2 if venue.name == "okx" else 0.02  # contracts of 0.01 BTC
    await venue.ccxt.create_order(SWAP, "market", "buy", quantity)
    await venue.control("POST", "funding", symbol="BTCUSDT-PERP", rate="0.0005", pay=True)
    (paid,) = await venue.ccxt.fetch_funding_history(SWAP)
    assert (paid["symbol"], abs(paid["amount"])) == (SWAP, 0.64)
    rate = await venue.ccxt.fetch_funding_rate(SWAP)
    assert rate["fundingRate"] == 0.0005
    (told,) = await venue.ccxt.fetch_funding_rate_history(SWAP)
    assert told["fundingRate"] == 0.0005


async def test_the_statement_ends_with_the_balance(venue: Venue) -> None:
    quantity = 2 if venue.name == "okx" else 0.02
    await venue.ccxt.create_order(SWAP, "market", "sell", quantity)
    await venue.control("POST", "funding", symbol="BTCUSDT-PERP", rate="0.0005", pay=True)
    await venue.control("POST", "price", symbol="BTCUSDT-PERP", price="63000")
    await venue.ccxt.create_order(SWAP, "market", "buy", quantity)
    await venue.control(
        "POST", "income", key=venue.client.key, kind="WITHDRAWAL", asset="USDT", amount="-5"
    )
    if venue.name == "okx":  # ccxt would leave out what belongs to no instrument
        rows = (await venue.ccxt.private_get_account_bills({"ccy": "USDT"}))["data"]
        amounts = [Decimal(row["balChg"]) for row in rows]
    else:
        rows = await venue.ccxt.fetch_ledger("USDT")
        signs = {"in": 1, "out": -1}
        amounts = [Decimal(str(row["amount"])) * signs[row["direction"]] for row in rows]
    (account,) = (await venue.control("GET", "accounts"))["accounts"]
    held = Decimal(account["futures"]["USDT"])
    if venue.name != "binance":  # one wallet for all markets
        held += Decimal(account["balances"]["USDT"]["free"])
    assert sum(amounts, Decimal(0)) == held
    lines = (await venue.control("GET", "statement", account=venue.client.key))["lines"]
    first = Decimal(lines[0]["balance"]) - Decimal(lines[0]["change"])
    assert first == 0


async def test_deposits_and_withdrawals_are_listed(venue: Venue) -> None:
    await venue.control(
        "POST", "income", key=venue.client.key, kind="WITHDRAWAL", asset="BTC", amount="-0.25"
    )
    deposits = await venue.ccxt.fetch_deposits("BTC")
    withdrawals = await venue.ccxt.fetch_withdrawals("BTC")
    assert [row["amount"] for row in deposits] == [1]
    assert [row["amount"] for row in withdrawals] == [0.25]


async def test_nothing_is_paid_that_the_account_lacks(venue: Venue) -> None:
    refused = await venue.client.control(
        "POST", "income", key=venue.client.key, kind="WITHDRAWAL", asset="BTC", amount="-2"
    )
    assert (refused.status, refused.body["error"]) == (400, "the account has not enough BTC")
