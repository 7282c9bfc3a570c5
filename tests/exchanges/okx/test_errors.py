"""What OKX's codes mean for us: as ccxt raises them, and where it only says that there was one."""

import json
from datetime import UTC, datetime, timedelta

import ccxt
import pytest

from exchanges import base
from exchanges.through_ccxt.errors import translate_error

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def raised(code: str, words: str, *, of_an_order: bool) -> Exception:
    """ccxt's own error for such an answer."""
    answer: dict[str, object] = {"code": code, "msg": words, "data": []}
    if of_an_order:
        row = {"clOrdId": "fw1", "ordId": "", "sCode": code, "sMsg": f"{words} "}
        answer = {"code": "1", "msg": "All operations failed", "data": [row]}
    exchange = ccxt.okx()
    with pytest.raises(ccxt.BaseError) as error:
        exchange.handle_errors(200, "OK", "", "POST", {}, json.dumps(answer), answer, {}, {})
    told: Exception = error.value
    return told


def meant(error: Exception, *, writing: bool = True) -> base.VenueError:
    return translate_error(error, writing=writing, headers={}, now=NOW)


@pytest.mark.parametrize(
    ("code", "words", "kind"),
    [
        ("51008", "Insufficient USDT balance in account.", base.RequestRefused),
        ("51020", "Your order should meet the minimum order amount.", base.RequestRefused),
        ("51155", "You can't trade this pair due to local compliance.", base.RequestRefused),
        ("51280", "The SL trigger price has been reached.", base.RequestRefused),
        ("59102", "Leverage exceeds the maximum limit.", base.RequestRefused),
        ("51016", "Client order ID already exists.", base.DuplicateClientOrderId),
        ("51065", "algoClOrdId already exists.", base.DuplicateClientOrderId),
        ("51400", "The order has been filled, canceled or does not exist.", base.NotFound),
        ("51603", "Order does not exist", base.NotFound),
        ("51054", "Request timed out. Please try again.", base.UnknownOutcome),
        ("51149", "Order timed out. Please try again later.", base.UnknownOutcome),
        ("50011", "Too Many Requests", base.RateLimitError),
        ("50061", "The maximum order rate of the account was reached.", base.RateLimitError),
    ],
)
def test_what_is_said_of_one_order(code: str, words: str, kind: type[Exception]) -> None:
    error = meant(raised(code, words, of_an_order=True))
    assert type(error) is kind
    assert str(error) == f"{words} ({code})"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("50110", base.KeyInvalid),
        ("50111", base.KeyInvalid),
        ("50113", base.KeyInvalid),
        ("50120", base.KeyInvalid),
        ("50030", base.KeyInvalid),
        ("50001", base.VenueDown),
        ("50102", base.VenueDown),
        ("50004", base.UnknownOutcome),
        ("50013", base.UnknownOutcome),
        ("50026", base.UnknownOutcome),
        ("58999", base.UnknownOutcome),
    ],
)
def test_what_is_said_of_a_request(code: str, kind: type[Exception]) -> None:
    assert type(meant(raised(code, "As it is.", of_an_order=False))) is kind


@pytest.mark.parametrize("code", ["50004", "50013", "51149", "58999"])
def test_a_question_without_an_answer_changes_nothing(code: str) -> None:
    error = raised(code, "As it is.", of_an_order=False)
    assert type(meant(error, writing=False)) is base.VenueDown


@pytest.mark.parametrize("code", ["50011", "50061"])
def test_too_many_requests_are_one_keys_matter_and_soon_over(code: str) -> None:
    error = meant(raised(code, "Too many.", of_an_order=False))
    assert isinstance(error, base.RateLimitError)
    assert not error.everyone
    assert NOW < error.until <= NOW + timedelta(seconds=5)
