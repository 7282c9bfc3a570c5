"""Back-tests of short series, with results that were computed by hand."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bots.backtest.order_match import BacktestTerms
from tests.bots.backtest.past_prices import FUTURES, SPOT, TERMS, list_fills, replay_prices, sum_up

SCALPER = {"buy_price": "100", "sell_price": "110", "quantity": "1"}
DIP = {"drop_percent": "10", "window_minutes": "2", "amount": "90", "profit_percent": "20",
       "stop_percent": "10"}  # fmt: skip
MOMENTUM = {"rise_percent": "10", "window_minutes": "2", "amount": "110", "trail_percent": "10"}
FALL = ["100", "100", "100", "90"]  # after three minutes it has fallen by 10 %


def test_a_round_of_a_scalper_to_the_last_digit() -> None:
    prices = ["105 106 104 105", "105 106 99 101", "101 110 100 109", "109 112 108 111"]
    replay = replay_prices("scalper", SCALPER, prices)
    assert list_fills(replay) == ["12:02 buy buy 1 at 100", "12:04 sell sell 0.999 at 110"]
    outcome = sum_up(replay)
    # 0.001 coins kept as a fee, and 0.1 % of 109.89: 1000 - 100 + 109.89 - 0.10989
    assert (outcome["value"], outcome["net"], outcome["fees"]) == (
        "1009.78011",
        "9.78011",
        "0.20989",
    )
    assert (outcome["realised"], outcome["unrealised"], outcome["held"]) == ("9.78011", "0", "0")
    assert (outcome["trades"], outcome["wins"], outcome["win_rate"]) == (1, 1, "1")
    assert (outcome["orders"], outcome["fills"], outcome["time_in_market"]) == (3, 2, "0.5")
    # Holding: 9.504 coins at 105 and 0.2 %, in whole steps: 9.504 * 111 - 9.504 * 105.21
    assert outcome["hold_net"] == "55.02816"
    assert outcome["drawdown"] == {"amount": "0", "share": "0", "at": None}


def test_a_price_that_is_only_touched_fills_nothing() -> None:
    touched = ["105", "105 106 100 104"]
    assert list_fills(replay_prices("scalper", SCALPER, touched)) == []
    assert len(list_fills(replay_prices("scalper", SCALPER, [*touched, "104 104 99.99 104"]))) == 1


def test_a_new_order_beyond_the_price_takes_the_open_and_pays_the_fee_of_a_taker() -> None:
    replay = replay_prices("scalper", SCALPER, ["95", "95"])
    assert list_fills(replay) == ["12:01 buy buy 1 at 95"]
    assert sum_up(replay)["fees"] == "0.19"
    # One that waits, and that the price leaps over, has its own price.
    waited = replay_prices("scalper", SCALPER, ["105", "105", "95"])
    assert list_fills(waited) == ["12:02 buy buy 1 at 100"]


def test_market_orders_pay_the_next_open_and_slippage_and_stops_a_gap() -> None:
    terms = replace(TERMS, slippage=Decimal("0.01"))
    replay = replay_prices("dip", DIP, [*FALL, "91 92 90 92", "70 71 69 70"], terms=terms)
    # Bought at 91 + 1 %; its stop, 10 % below that, is leapt over: sold at 70 - 1 %.
    assert list_fills(replay) == ["12:04 entry buy 1 at 91.91", "12:05 stop sell 0.998 at 69.3"]
    outcome = sum_up(replay)
    # 1000 - 91.91 + 0.998 * 69.3 - 0.2 % of it
    assert outcome["value"] == "977.1130772"
    assert outcome["drawdown"]["amount"] == "22.8869228"
    assert (outcome["losses"], outcome["worst"]) == (1, outcome["realised"])


def test_a_stop_comes_before_a_profit_in_the_same_candle() -> None:
    settings = MOMENTUM | {"stop_percent": "5"}
    rise = ["100", "100", "100", "110", "110 110 110 110"]
    replay = replay_prices("momentum", settings, [*rise, "110 130 104 129"], market=FUTURES)
    # The stop at 104.5 and the trail at 99: the stop only, and nothing is sold twice.
    assert list_fills(replay) == ["12:04 entry buy 1 at 110", "12:06 stop sell 1 at 104.5"]
    assert sum_up(replay)["held"] == "0"


def test_a_trailing_stop_follows_the_best_price_of_the_candles_before() -> None:
    rise = ["100", "100", "100", "110", "110"]
    replay = replay_prices("momentum", MOMENTUM, [*rise, "110 120 109 119", "119 121 108 110"])
    # 10 % below 120; the 121 of the same candle may have come after the fall.
    assert list_fills(replay)[1:] == ["12:07 trail sell 0.998 at 108"]
    closed = replay_prices("momentum", MOMENTUM, [*rise, "110 130 109 111"])
    # The close comes after the high, so it turned: 10 % below 130.
    assert list_fills(closed)[1:] == ["12:06 trail sell 0.998 at 117"]


def test_a_dca_sells_all_at_one_price_after_its_steps() -> None:
    settings = {"amount": "100", "step_percent": "10", "steps": "1", "step_amount": "90",
                "profit_percent": "5", "infinite": False}  # fmt: skip
    terms = BacktestTerms(money=Decimal(1000), maker=Decimal(0), taker=Decimal(0),
                          slippage=Decimal(0))  # fmt: skip
    prices = ["100", "100", "100 100 89 90", "90 100 90 100"]
    replay = replay_prices("dca", settings, prices, terms=terms)
    # 1 at 100 and 1 at 90: both are sold 5 % above 95.
    assert list_fills(replay) == [
        "12:01 base buy 1 at 100", "12:03 step-01 buy 1 at 90", "12:04 profit sell 2 at 99.75",
    ]  # fmt: skip
    assert sum_up(replay)["net"] == "9.5"
    assert sum_up(replay)["halt_reason"] == "All is sold, and it runs only once."
    assert not sum_up(replay)["halt_is_error"]


def test_without_enough_money_it_stops_and_what_it_holds_is_valued() -> None:
    terms = replace(TERMS, money=Decimal(150))
    grid = {"lower": "80", "upper": "100", "levels": "2", "quantity": "1"}
    replay = replay_prices("grid", grid, ["95", "95", "120"], terms=terms)
    outcome = sum_up(replay)
    # 80 is reserved by its first step, and 90 more are needed for the second.
    assert outcome["halt_reason"] == "90 is needed, and 70 is left."
    assert outcome["halt_is_error"]
    assert (outcome["orders"], outcome["fills"], outcome["value"]) == (1, 0, "150")


@pytest.mark.parametrize("market", [SPOT, FUTURES])
def test_what_is_lost_is_what_fell(market: object) -> None:
    """The value is always the money, what was earned after fees, and what is held."""
    grid = {"lower": "80", "upper": "100", "levels": "4", "quantity": "0.5"}
    prices = ["98", "98 99 84 86", "86 97 85 96", "96 96 79 81", "81 93 80 92"]
    replay = replay_prices("grid", grid, prices, market=market)  # type: ignore[arg-type]
    outcome, book = sum_up(replay), replay.account.book
    held = replay.account.position.quantity
    unrealised = held * 92 - book.ledger.cost
    assert Decimal(outcome["unrealised"]) == unrealised
    assert Decimal(outcome["net"]) == book.gross - book.fees + unrealised
    assert outcome["fills"] > 4
    again = replay_prices("grid", grid, prices, market=market)  # type: ignore[arg-type]
    assert sum_up(again) == outcome
