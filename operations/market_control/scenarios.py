"""Scenarios: kinds of market that are stored, switched on and switched off again."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from operations.market_control import prices, record, simulator
from operations.market_control.record import MarketAct
from operations.market_control.simulator import MarketStep
from operations.models import MarketScenario
from realtime.values import format_money
from users.models import User

PLAN: Final = "scenario"
BUILT_IN: Final = (
    {"name": "bull", "description": "Prices rise by 4 percent an hour", "trend": 4, "volume": 2},
    {"name": "bear", "description": "Prices fall by 4 percent an hour", "trend": -4, "volume": 2},
    {"name": "volatile", "description": "Prices swing six times as wide", "volatility": 6},
    {"name": "sideways", "description": "Prices hardly move", "volatility": "0.3"},
    {
        "name": "crash",
        "description": "Prices lose a fifth within a minute, then swing",
        "volatility": 4,
        "volume": 8,
        "moves": [
            {"after_seconds": seconds, "percent": percent}
            for seconds, percent in ((5, "-3"), (15, "-5"), (30, "-8"), (45, "-5"), (60, "-0.88"))
        ],
    },
)


class ScenarioProtected(Exception):
    """A scenario that came with Fillwatch can be changed, and neither deleted nor renamed."""


class ScenarioActive(Exception):
    """The scenario runs; deactivate it first."""


class DuplicateScenario(Exception):
    """Another scenario already has this name."""


def list_scenarios() -> QuerySet[MarketScenario]:
    """Return all scenarios; those that come with Fillwatch are made the first time."""
    if MarketScenario.objects.filter(is_protected=True).count() < len(BUILT_IN):
        MarketScenario.objects.bulk_create(
            [MarketScenario(is_protected=True, **fields) for fields in BUILT_IN],
            ignore_conflicts=True,
        )
    return MarketScenario.objects.all()


def save_scenario(
    operator: User, scenario: MarketScenario, changes: Mapping[str, Any]
) -> MarketScenario:
    """Create a scenario or change one that does not run; refuse instruments of live markets."""
    is_new = scenario.pk is None
    if scenario.active_since:
        raise ScenarioActive("This scenario runs. Deactivate it first.")
    if scenario.is_protected and changes.get("name", scenario.name) != scenario.name:
        raise ScenarioProtected("A scenario that came with Fillwatch keeps its name.")
    for name in changes.get("instruments", ()):
        simulator.name_symbol(name)
    before = {} if is_new else {name: str(getattr(scenario, name)) for name in changes}
    for name, value in changes.items():
        setattr(scenario, name, value)
    message = "created" if is_new else ", ".join(f"{n} {v}" for n, v in changes.items())
    act = MarketAct(act="scenario", target=scenario.name, message=message, before=before)
    with _translate_conflict(), transaction.atomic(), record.record_act(operator, act):
        if not is_new:
            _hold_stopped(scenario)
        scenario.save(update_fields=None if is_new else list(changes))
    return scenario


def delete_scenario(operator: User, scenario: MarketScenario) -> None:
    if scenario.is_protected:
        raise ScenarioProtected("A scenario that came with Fillwatch cannot be deleted.")
    if scenario.active_since:
        raise ScenarioActive("This scenario runs. Deactivate it first.")
    act = MarketAct(act="scenario", target=scenario.name, message="deleted")
    with record.record_act(operator, act):
        scenario.delete()


def activate_scenario(operator: User, scenario: MarketScenario) -> MarketScenario:
    """Switch a scenario on, and the one that runs off."""
    symbols = simulator.name_symbols(scenario.instruments)
    running = MarketScenario.objects.exclude(active_since=None).exclude(pk=scenario.pk).first()
    rest = set(simulator.name_symbols(running.instruments)) - set(symbols) if running else set()
    act = MarketAct(
        act="activate",
        target=scenario.name,
        message=f"scenario {scenario.name} on {', '.join(symbols)}",
        plan=PLAN,
        steps=[
            *prices.list_regime_steps(sorted(rest), prices.USUAL),
            *prices.list_regime_steps(symbols, _read_regime(scenario)),
            *_list_moves(scenario, symbols),
        ],
        before={"scenario": running.name if running else ""},
    )
    record.run_act(operator, act, lambda: simulator.send_steps(PLAN, act.steps))
    return _mark_active(scenario)


def deactivate_scenario(operator: User, scenario: MarketScenario) -> MarketScenario:
    """Have its markets walk as usual, and call off its moves; prices stay where they are."""
    act = MarketAct(
        act="deactivate",
        target=scenario.name,
        message=f"scenario {scenario.name} off",
        plan=PLAN,
        steps=prices.list_regime_steps(simulator.name_symbols(scenario.instruments), prices.USUAL),
    )
    record.run_act(operator, act, lambda: simulator.send_steps(PLAN, act.steps))
    scenario.active_since = None
    scenario.save(update_fields=["active_since"])
    return scenario


def _hold_stopped(scenario: MarketScenario) -> None:
    """Lock a scenario that does not run: another operator may have switched it on meanwhile."""
    stopped = MarketScenario.objects.select_for_update().filter(active_since=None)
    if not stopped.filter(pk=scenario.pk).exists():
        raise ScenarioActive("This scenario runs. Deactivate it first.")


@contextmanager
def _translate_conflict() -> Iterator[None]:
    """Translate the constraint's error: only the database knows which of two names was first."""
    try:
        yield
    except IntegrityError:
        raise DuplicateScenario("There is a scenario of this name.") from None


def _mark_active(scenario: MarketScenario) -> MarketScenario:
    """Mark the one that runs. Of two operators at once the later one wins, as at the venue."""
    with transaction.atomic():
        list(MarketScenario.objects.select_for_update().order_by("pk"))
        MarketScenario.objects.exclude(pk=scenario.pk).update(active_since=None)
        scenario.active_since = timezone.now()
        scenario.save(update_fields=["active_since"])
    return scenario


def _read_regime(scenario: MarketScenario) -> dict[str, str]:
    return {name: format_money(getattr(scenario, name)) for name in prices.REGIME}


def _list_moves(scenario: MarketScenario, symbols: list[str]) -> list[MarketStep]:
    return [
        MarketStep(
            after_ms=move["after_seconds"] * 1000,
            act="move",
            body={"symbol": symbol, "percent": move["percent"], "anchor": True},
        )
        for move in scenario.moves
        for symbol in symbols
    ]
