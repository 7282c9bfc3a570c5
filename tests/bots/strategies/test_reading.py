"""Settings are read whole or not at all, and what is wrong is said for each."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bots.strategies import STRATEGIES
from bots.strategies.settings import Asked, Wrong, read, settings_of, write
from tests.bots.strategies.stage import SPOT


@dataclass(frozen=True, kw_only=True)
class Some:
    price: Annotated[Decimal, Asked("Price", above=0, most=10)]
    way: Annotated[Literal["up", "down"], Asked("Way")] = "up"
    often: Annotated[int | None, Asked("How often", least=1)] = None
    ever: Annotated[bool, Asked("For ever")] = False


def wrong(**raw: Any) -> dict[str, str]:
    with pytest.raises(Wrong) as said:
        read(Some, {"price": "1"} | raw)
    return said.value.words


def test_read_and_written_again() -> None:
    raw = {"price": "1.50", "way": "down", "often": 3, "ever": True}
    assert write(read(Some, raw)) == raw


def test_what_is_left_out_is_as_usual() -> None:
    assert read(Some, {"price": "1", "often": "", "ever": None}) == Some(price=Decimal(1))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("price", "0"),
        ("price", "10.1"),
        ("price", 1.5),
        ("price", True),
        ("price", "NaN"),
        ("price", "Infinity"),
        ("price", "1e999999"),
        ("price", "1e9999999"),
        ("price", "1e-9999999"),
        ("price", "0." + "0" * 18 + "1"),
        ("price", "x"),
        ("price", {}),
        ("price", None),
        ("way", "left"),
        ("way", 1),
        ("often", "1.5"),
        ("often", "1e18"),
        ("often", "0"),
        ("ever", "yes"),
        ("no such", "1"),
    ],
)
def test_what_cannot_be(name: str, value: Any) -> None:
    assert list(wrong(**{name: value})) == [name]


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert set(wrong(price="0", way="left", often="0")) == {"price", "way", "often"}


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_says_how_each_setting_is_asked_for(name: str) -> None:
    settings = settings_of(STRATEGIES[name].Settings)
    assert settings
    assert all(one.asked.label for one in settings)


ANYTHING = some.none() | some.booleans() | some.integers() | some.text(max_size=50)


@pytest.mark.parametrize("name", STRATEGIES)
@given(data=some.data())
def test_garbage_is_refused_in_words(name: str, data: Any) -> None:
    strategy = STRATEGIES[name]
    names = [one.name for one in settings_of(strategy.Settings)]
    number = some.decimals("-5", "200", places=2).map(str)
    raw = data.draw(some.dictionaries(some.sampled_from(names), ANYTHING | number))
    try:
        settings = read(strategy.Settings, raw)
    except Wrong as refused:
        words = list(refused.words.values())
    else:
        words = [why for _, why in strategy.check(settings, SPOT)]
    assert all(words)
