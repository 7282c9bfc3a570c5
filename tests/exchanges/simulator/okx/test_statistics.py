"""OKX's figures: candles of index and mark, open interest, limits, sizes, past positions."""

from decimal import Decimal

import pytest

from tests.exchanges.simulator.client import Client
from tests.exchanges.simulator.okx.okx_client import OkxClient

BTC, SWAP = "BTC-USDT", "BTC-USDT-SWAP"


@pytest.fixture
async def okx(client: Client) -> OkxClient:
    return await OkxClient.open(client)


async def test_the_index_is_the_spot_price_and_the_mark_the_swaps(
    okx: OkxClient, client: Client
) -> None:
    await client.control("POST", "price", symbol="BTCUSDT-PERP", price="64640")
    index = (await okx.get("market/index-candles", instId=BTC)).rows
    mark = (await okx.get("market/mark-price-candles", instId=SWAP, limit="2")).rows
    assert [Decimal(index[0][4]), Decimal(mark[0][4])] == [64000, 64640]
    assert (len(mark), mark[0][5], mark[1][5]) == (2, "0", "1")
    (ticker,) = (await okx.get("market/index-tickers", instId=BTC)).rows
    assert ticker["idxPx"] == "64000"
    assert len((await okx.get("market/index-tickers", quoteCcy="USDT")).rows) > 1
    for path, wrong in (("mark-price-candles", BTC), ("index-tickers", SWAP)):
        assert (await okx.get(f"market/{path}", instId=wrong)).code == "51001"
    assert (await okx.get("market/index-tickers")).code == "50014"


async def test_older_trades_come_by_id_or_by_time(okx: OkxClient) -> None:
    for _ in range(3):
        await okx.order(ordType="market", tgtCcy="base_ccy")
    rows = (await okx.get("market/history-trades", instId=BTC)).rows
    ids = [row["tradeId"] for row in rows]
    assert ids == sorted(ids, reverse=True)
    older = (await okx.get("market/history-trades", instId=BTC, after=ids[1])).rows
    assert [row["tradeId"] for row in older] == ids[2:]
    later = int(rows[0]["ts"]) + 1
    assert (await okx.get("market/history-trades", instId=BTC, type="2", before=later)).rows == []


async def test_open_interest_is_counted_in_contracts_and_coins(okx: OkxClient) -> None:
    await okx.contract("buy", "3")
    row = (await okx.get("public/open-interest", instType="SWAP", instId=SWAP)).row
    assert (row["oi"], row["oiCcy"], row["oiUsd"]) == ("3", "0.03", "1920")
    assert (await okx.get("public/open-interest", instType="FUTURES")).rows == []
    assert (await okx.get("public/open-interest", instType="SPOT")).code == "51000"
    path = "rubik/stat/contracts/long-short-account-ratio-contract"
    assert (await okx.get(path, instId=SWAP, period="5m")).row[1] == "1.0000"


@pytest.mark.parametrize(
    ("params", "size"),
    [
        ({"sz": "0.05"}, "5"),
        ({"sz": "0.05", "type": "1", "unit": "coin"}, "5"),
        ({"sz": "3200", "type": "1", "unit": "usds", "px": "64000"}, "5"),
        ({"sz": "5", "type": "2"}, "0.05"),
        ({"sz": "5", "type": "2", "unit": "usds", "px": "64000"}, "3200"),
    ],
)
async def test_coins_and_dollars_are_contracts(
    okx: OkxClient, params: dict[str, str], size: str
) -> None:
    row = (await okx.get("public/convert-contract-coin", instId=SWAP, **params)).row
    assert row["sz"] == size


async def test_the_largest_size_can_be_ordered_and_no_more(okx: OkxClient) -> None:
    row = (await okx.get("account/max-size", instId=BTC, tdMode="cash", px="50000")).row
    assert (row["maxBuy"], row["maxSell"], row["ccy"]) == ("2", "2", "BTC")
    assert (await okx.order(sz="2", px="50000")).code == "0"
    assert (await okx.order(sz="0.001", px="50000")).code == "51008"
    row = (await okx.get("account/max-avail-size", instId=BTC, tdMode="cash")).row
    assert (row["availBuy"], row["availSell"]) == ("0", "2")
    coins = {row["ccy"]: row["maxWd"] for row in (await okx.get("account/max-withdrawal")).rows}
    assert coins == {"BTC": "2", "USDT": "100000"}
    swap = (await okx.get("account/max-size", instId=SWAP, tdMode="cross")).row
    assert Decimal(swap["maxBuy"]) == Decimal(swap["maxSell"]) == 3125


async def test_a_checked_order_is_not_placed(okx: OkxClient) -> None:
    order = {"instId": BTC, "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "60000"}
    assert (await okx.post("trade/order-precheck", {**order, "sz": "0.01"})).code == "0"
    assert (await okx.get("trade/orders-pending")).rows == []
    assert (await okx.post("trade/order-precheck", {**order, "sz": "9"})).code == "51008"


async def test_a_past_position_has_its_profit_after_fees(okx: OkxClient, client: Client) -> None:
    await okx.contract("buy", "4")
    entry = Decimal((await okx.get("account/positions")).row["avgPx"])
    assert (await okx.get("account/positions-history")).rows == []
    await okx.contract("sell", "1")
    assert (await okx.get("account/positions-history")).row["type"] == "1"
    await okx.contract("sell", "3")
    past = (await okx.get("account/positions-history", instType="SWAP", instId=SWAP)).row
    assert (past["type"], past["direction"]) == ("2", "long")
    assert (past["openMaxPos"], past["closeTotalPos"]) == ("4", "4")
    assert Decimal(past["openAvgPx"]) == entry
    profit = (Decimal(past["closeAvgPx"]) - entry) * Decimal("0.04")
    fills = (await okx.get("trade/fills", instType="SWAP")).rows
    fees = sum(Decimal(fill["fee"]) for fill in fills)
    assert Decimal(past["pnl"]) == pytest.approx(profit)
    assert Decimal(past["realizedPnl"]) == Decimal(past["pnl"]) + fees
    await okx.contract("sell", "2")
    assert len((await okx.get("account/positions-history")).rows) == 1


async def test_a_turned_position_ends_and_another_begins(okx: OkxClient) -> None:
    await okx.contract("buy", "1")
    await okx.contract("sell", "3")
    await okx.contract("buy", "2")
    rows = (await okx.get("account/positions-history")).rows
    assert [(row["direction"], row["closeTotalPos"]) for row in rows] == [
        ("short", "2"),
        ("long", "1"),
    ]


async def test_long_and_short_positions_end_beside_each_other(okx: OkxClient) -> None:
    assert (await okx.post("account/set-position-mode", posMode="long_short_mode")).code == "0"
    for side, other, position_side in (("buy", "sell", "long"), ("sell", "buy", "short")):
        await okx.contract(side, "2", posSide=position_side)
        await okx.contract(other, "2", posSide=position_side)
    rows = (await okx.get("account/positions-history")).rows
    assert {(row["posSide"], row["direction"], row["type"]) for row in rows} == {
        ("long", "long", "2"),
        ("short", "short", "2"),
    }
