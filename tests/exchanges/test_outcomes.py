"""What an error means: never a refusal where the order may be there, and nobody's secrets."""

from datetime import UTC, datetime

import ccxt
import pytest

from exchanges import base
from exchanges.through_ccxt.client import verify_placed
from exchanges.through_ccxt.errors import translate_error

NOW = datetime(2026, 11, 21, tzinfo=UTC)
PLACED = base.OrderReport(
    symbol="BTC/USDT",
    exchange_order_id="7",
    client_order_id="fw1",
    side="sell",
    type="stop_loss",
    status="new",
    raw_status=None,
    price=None,
    quantity=None,
    filled=None,
    cost=None,
    reported_at=None,
)


def meant(error: Exception) -> base.VenueError:
    return translate_error(error, writing=True, headers={}, now=NOW)


@pytest.mark.parametrize(
    "error", [base.KeyInvalid("no"), base.RequestRefused("no"), base.VenueDown("no")], ids=repr
)
async def test_an_accepted_order_is_not_refused_by_a_second_look(error: Exception) -> None:
    async def ask(_: base.OrderName) -> base.OrderReport:
        raise error

    assert await verify_placed(ask, PLACED) == PLACED


def test_no_answer_about_an_order_whose_name_looks_like_a_code() -> None:
    url = "https://api.binance.com/api/v3/order?origClientOrderId=0a1b-2015-77&signature=5ec7e7"
    error = meant(ccxt.RequestTimeout(f"binance DELETE {url}"))
    assert type(error) is base.UnknownOutcome
    assert "5ec7e7" not in str(error)


def test_a_revoked_key_is_told_by_its_code() -> None:
    body = '{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}'
    assert type(meant(ccxt.DDoSProtection(f"binance {body}"))) is base.KeyInvalid
    assert type(meant(ccxt.DDoSProtection(f"binance {body.replace(':-', ': -')}"))) is (
        base.KeyInvalid
    )


def test_a_name_is_taken_whatever_words_the_venue_has_for_it() -> None:
    error = ccxt.DuplicateOrderId('woo {"code":302117,"message":"The client_order_id is repeated"}')
    assert type(meant(error)) is base.DuplicateClientOrderId


def test_what_was_signed_is_not_repeated() -> None:
    words = "error sign! origin_string[1763700000000my-api-key5000category=linear]"
    error = meant(ccxt.AuthenticationError(f'bybit {{"retCode":10004,"retMsg":"{words}"}}'))
    assert type(error) is base.KeyInvalid
    assert "my-api-key" not in str(error)
    assert str(error) == "error sign! (10004)"
