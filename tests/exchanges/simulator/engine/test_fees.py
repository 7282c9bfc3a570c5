"""Trading fees are paid in the received asset, or in the account's fee asset."""

from decimal import Decimal

from exchanges.simulator.engine.engine import Engine
from tests.exchanges.simulator.traders import buy, sell


def test_a_buyer_pays_in_base_and_a_seller_in_quote(engine: Engine) -> None:
    sold = sell(engine, "ben", "1", "60000")
    bought = buy(engine, "anna", "1", "60000")
    (paid,), (received,) = map(engine.records.list_order_fills, (bought, sold))
    assert (paid.commission, paid.commission_asset, paid.maker) == (Decimal("0.001"), "BTC", False)
    assert (received.commission, received.commission_asset) == (Decimal(60), "USDT")
    assert received.maker
    assert engine.accounts["anna"].get_free("BTC") == Decimal("100.999")


def test_the_fee_asset_costs_a_quarter_less(engine: Engine) -> None:
    anna = engine.accounts["anna"]
    anna.fee_asset = "BNB"
    sell(engine, "ben", "1", "60000")
    order = buy(engine, "anna", "1", "60000")
    (fill,) = engine.records.list_order_fills(order)
    # 0.001 BTC at 64,000 are 64 USDT, three quarters of them 48, at 600 for one BNB.
    assert (fill.commission, fill.commission_asset) == (Decimal("0.08"), "BNB")
    assert anna.get_free("BTC") == 101


def test_without_enough_of_the_fee_asset_the_received_asset_pays(engine: Engine) -> None:
    anna = engine.accounts["anna"]
    anna.fee_asset = "BNB"
    anna.debit("BNB", anna.get_free("BNB"))
    sell(engine, "ben", "1", "60000")
    (fill,) = engine.records.list_order_fills(buy(engine, "anna", "1", "60000"))
    assert fill.commission_asset == "BTC"


def test_each_account_has_its_own_rates(engine: Engine) -> None:
    engine.accounts["ben"].maker_fee = Decimal(0)
    order = sell(engine, "ben", "1", "60000")
    buy(engine, "anna", "1", "60000")
    assert engine.records.list_order_fills(order)[0].commission == 0
