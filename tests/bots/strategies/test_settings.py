"""Settings are read whole or not at all, and what is wrong is said for each."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bots.strategies.registry import STRATEGIES
from bots.strategies.settings import (
    Input,
    InvalidSettings,
    list_settings,
    read_settings,
    write_settings,
)
from tests.bots.strategies.paper_market import SPOT


@dataclass(frozen=True, kw_only=True)
class Some:
    price: Annotated[Decimal, Input("Price", above=0, most=10)]
    way: Annotated[Literal["up", "down"], Input("Way")] = "up"
    often: Annotated[int | None, Input("How often", least=1)] = None
    ever: Annotated[bool, Input("For ever")] = False


def find_errors(**raw: Any) -> dict[str, str]:
    with pytest.raises(InvalidSettings) as said:
        read_settings(Some, {"price": "1"} | raw)
    return said.value.errors


def test_read_and_written_again() -> None:
    raw = {"price": "1.50", "way": "down", "often": 3, "ever": True}
    assert write_settings(read_settings(Some, raw)) == raw


def test_missing_settings_have_their_defaults() -> None:
    assert read_settings(Some, {"price": "1", "often": "", "ever": None}) == Some(price=Decimal(1))


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
def test_invalid_values_are_refused(name: str, value: Any) -> None:
    assert list(find_errors(**{name: value})) == [name]


def test_all_errors_are_reported_at_once() -> None:
    assert set(find_errors(price="0", way="left", often="0")) == {"price", "way", "often"}


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_setting_has_a_label(name: str) -> None:
    settings = list_settings(STRATEGIES[name].Settings)
    assert settings
    assert all(paper.input.label for paper in settings)


ANYTHING = some.none() | some.booleans() | some.integers() | some.text(max_size=50)


@pytest.mark.parametrize("name", STRATEGIES)
@given(data=some.data())
def test_garbage_is_refused_with_messages(name: str, data: Any) -> None:
    strategy = STRATEGIES[name]
    names = [paper.name for paper in list_settings(strategy.Settings)]
    number = some.decimals("-5", "200", places=2).map(str)
    raw = data.draw(some.dictionaries(some.sampled_from(names), ANYTHING | number))
    try:
        settings = read_settings(strategy.Settings, raw)
    except InvalidSettings as refused:
        reason = list(refused.errors.values())
    else:
        reason = [why for _, why in strategy.check_settings(settings, SPOT)]
    assert all(reason)
