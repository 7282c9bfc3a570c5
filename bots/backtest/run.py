"""Run the next back-test in a worker: read its candles, replay them, store the results."""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import structlog
from django.conf import settings

from bots.backtest import record
from bots.backtest.order_match import BacktestTerms, PastCandle
from bots.backtest.outcome import make_results
from bots.backtest.replay import Replay
from bots.backtest.validation import as_share, count_candles, read_market
from bots.models import Backtest
from bots.strategies.registry import STRATEGIES
from bots.strategies.settings import InvalidSettings, read_settings
from exchanges.base import RequestRefused, VenueError
from exchanges.prices import candle_history
from exchanges.prices.chart_candles import LENGTHS
from users.languages.recipient import write_for
from users.languages.text import Phrase
from users.models import User

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]
STEP: Final = 250  # candles between two notes of progress
READ_SHARE: Final = 50  # percent of the progress that reading the candles takes
NOT_TRADED: Final = Phrase("The symbol is not traded at its venue any more.")
NO_CANDLES: Final = Phrase("The venue has no past prices of this time.")
FAILED_HERE: Final = Phrase(
    "Fillwatch failed to run it. An operator finds the error in the worker's log."
)


class CannotReplay(Exception):
    """A back-test that can have no result; the message is for its owner."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def run_next(*, clock: Clock) -> bool:
    """Run one back-test; return whether there was one."""
    backtest = record.claim_next(now=clock())
    if backtest is None:
        return False
    try:
        _run_claimed(backtest, clock)
    except record.BacktestLost:
        log.info("back-test stopped", backtest=backtest.pk)
    return True


def _run_claimed(backtest: Backtest, clock: Clock) -> None:
    try:
        results = replay_candles(backtest, _read_candles(backtest, clock), clock)
    except RequestRefused as error:
        message = Phrase("The venue refused: %(error)s.", error=error)
        record.fail_backtest(backtest, message, now=clock())
    except VenueError as error:
        message = Phrase("The venue could not be asked for past prices: %(error)s.", error=error)
        record.postpone_backtest(backtest, message, now=clock())
    except CannotReplay as error:
        record.fail_backtest(backtest, error.message, now=clock())
    except InvalidSettings as error:
        record.fail_backtest(backtest, str(error), now=clock())
    except record.BacktestLost:
        raise
    except Exception:  # its owner must not wait for ever for a test that hits a bug
        log.exception("back-test failed", backtest=backtest.pk)
        record.fail_backtest(backtest, FAILED_HERE, now=clock())
    else:
        record.finish_backtest(backtest, results, now=clock())


def replay_candles(backtest: Backtest, candles: list[PastCandle], clock: Clock) -> dict[str, Any]:
    """Replay candles to the strategy, and return the results as they are stored."""
    if not candles:
        raise CannotReplay(NO_CANDLES)
    replay = make_replay(backtest)
    for number, candle in enumerate(candles):
        if number % STEP == 0:
            share = (100 - READ_SHARE) * number // len(candles)
            record.note_progress(backtest, READ_SHARE + share, now=clock())
        replay.add_candle(candle)
    results = make_results(replay, candles[0].open, candles[-1].close)
    _write_reasons(results, backtest.user)
    return results


def _write_reasons(results: dict[str, Any], owner: User) -> None:
    """Write the strategy's reasons in the language that the owner has now: they are stored so."""
    outcome = results["outcome"]
    outcome["halt_reason"] = write_for(owner, outcome["halt_reason"])
    for fill in results["fills"]:
        fill["reason"] = write_for(owner, fill["reason"])


def make_replay(backtest: Backtest) -> Replay:
    """Make the replay of a back-test from its stored terms."""
    market, _ = read_market(backtest.instrument)
    if market is None:
        raise CannotReplay(NOT_TRADED)
    strategy = STRATEGIES[backtest.strategy]
    terms = BacktestTerms(
        money=backtest.money,
        maker=as_share(backtest.maker_percent),
        taker=as_share(backtest.taker_percent),
        slippage=as_share(backtest.slippage_percent),
    )
    return Replay(
        strategy,
        read_settings(strategy.Settings, backtest.settings),
        market,
        terms,
        candle_seconds=LENGTHS[backtest.interval],
        method="average" if market.is_futures else settings.PNL_METHOD,
    )


def _read_candles(backtest: Backtest, clock: Clock) -> list[PastCandle]:
    return [candle for page in _read_pages(backtest, clock) for candle in page]


def _read_pages(backtest: Backtest, clock: Clock) -> Iterator[list[PastCandle]]:
    now = clock()
    until, interval = min(backtest.until, now), backtest.interval
    total = max(1, count_candles(backtest.since, until, interval))
    pages = candle_history.read_pages(backtest.instrument, interval, backtest.since, until, now=now)
    read = 0
    for page in pages:
        read += len(page)
        share = min(READ_SHARE, READ_SHARE * read // total)
        record.note_progress(backtest, share, now=clock())
        yield [
            PastCandle(
                at=datetime.fromisoformat(each["at"]),
                open=Decimal(each["open"]),
                high=Decimal(each["high"]),
                low=Decimal(each["low"]),
                close=Decimal(each["close"]),
            )
            for each in page
        ]
