"""The console's page of market control: turn prices of the simulated venue, and set its faults."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from exchanges.paper import SimulatorRefused, SimulatorUnavailable
from operations.console.access import act_and_return, operator_page, render_section
from operations.console.markets.forms import FaultForm, PriceForm, WalkForm
from operations.console.sections import CONTROL_MARKET
from operations.market_control import faults, prices, scenarios, sessions, simulator
from operations.models import MarketChange, MarketScenario
from users.http import current_user, is_id
from users.models import User

PAGE: Final = "operations-markets"
MOST_CHANGES: Final = 12
REFUSALS: Final = (
    *(SimulatorRefused, SimulatorUnavailable, simulator.SwitchedOff, simulator.LiveInstrument),
    *(prices.BadPrice, scenarios.ScenarioActive),
)


class WrongInput(Exception):
    """A form was filled in wrongly; the argument says how."""


@dataclass(frozen=True, slots=True)
class MarketLine:
    symbol: str
    instrument: str
    price: str
    volatility: str
    trend: str
    volume: str
    planned: int


@operator_page(CONTROL_MARKET)
def show_markets(request: HttpRequest) -> HttpResponse:
    """Show the simulated markets with their prices, and everything that can be turned."""
    context = _read_state()
    names = [line.instrument for line in context["markets"]]
    context |= {
        "price_form": PriceForm(names),
        "walk_form": WalkForm(names),
        "fault_form": FaultForm(context["kinds"]),
        "scenarios": scenarios.list_scenarios(),
        "changes": MarketChange.objects.all()[:MOST_CHANGES],
        "every_ms": 1000,
    }
    return render_section(request, PAGE, "markets", context)


@operator_page(CONTROL_MARKET, methods=("POST",))
def turn_market(request: HttpRequest, turn: str) -> HttpResponse:
    """Do one act on the simulated markets, such as setting a price or a fault."""
    operator = current_user(request)
    return act_and_return(
        request,
        lambda: ACTS[turn](operator, request),
        back=PAGE,
        refusals=(*REFUSALS, WrongInput),
    )


@operator_page(CONTROL_MARKET, methods=("POST",))
def switch_scenario(request: HttpRequest, scenario_id: int) -> HttpResponse:
    """Switch a scenario on, or off if it runs."""
    scenario = get_object_or_404(MarketScenario, pk=scenario_id)

    def switch() -> str:
        if scenario.active_since:
            scenarios.deactivate_scenario(current_user(request), scenario)
            return f"{scenario.name} is off. Prices stay where they are."
        scenarios.activate_scenario(current_user(request), scenario)
        return f"{scenario.name} is on."

    return act_and_return(request, switch, back=PAGE, refusals=REFUSALS)


def _read_state() -> dict[str, Any]:
    """Read the venue's markets and faults; empty with the reason if it does not answer."""
    try:
        overview, active = sessions.read_overview(), faults.list_faults()
    except (SimulatorUnavailable, SimulatorRefused, simulator.SwitchedOff) as error:
        return {"trouble": str(error), "markets": [], "faults": [], "kinds": {}, "planned": 0}
    planned = overview["planned"]
    markets = [
        _describe_market(symbol, row, planned)
        for symbol, row in sorted(overview["symbols"].items())
    ]
    return {
        "markets": markets,
        "faults": active["faults"],
        "kinds": active["kinds"],
        "planned": sum(planned.values()),
        "paused": overview["paused"],
        "running": overview["scenario"],
    }


def _describe_market(symbol: str, row: dict[str, Any], planned: dict[str, int]) -> MarketLine:
    walk = {name: row[name] for name in prices.REGIME}
    steps = planned.get(f"price:{symbol}", 0)
    name = simulator.name_instrument(symbol)
    return MarketLine(symbol=symbol, instrument=name, price=row["price"], planned=steps, **walk)


def _set_price(operator: User, request: HttpRequest) -> str:
    fields = _read_form(PriceForm(simulator.list_instruments(), request.POST))
    name, seconds = fields["instrument"], fields["seconds"] or 0
    if fields["price"] is not None:
        steps = max(1, seconds)
        answer = prices.set_price(
            operator, instrument=name, price=fields["price"], seconds=seconds, steps=steps
        )
    else:
        answer = prices.move_price(
            operator, instrument=name, percent=fields["percent"], seconds=seconds
        )
    over = f" within {seconds} s" if seconds else ""
    return f"{answer['symbol']}: {answer['from']} → {answer['price']}{over}"


def _set_walk(operator: User, request: HttpRequest) -> str:
    fields = _read_form(WalkForm(simulator.list_instruments(), request.POST))
    walk = {name: f"{fields[name]:f}" for name in prices.REGIME if fields[name] is not None}
    chosen = [fields["instrument"]] if fields["instrument"] else []
    answer = prices.set_regime(operator, instruments=chosen, regime=walk)
    return f"{', '.join(answer['symbols'])}: {', '.join(f'{n} {v}' for n, v in walk.items())}"


def _set_fault(operator: User, request: HttpRequest) -> str:
    fields = _read_form(FaultForm(faults.list_faults()["kinds"], request.POST))
    fault = {name: value for name, value in fields.items() if value not in (None, "")}
    faults.set_fault(operator, fault)
    return f"The simulated venue does wrong now: {fields['kind']}."


def _clear_faults(operator: User, request: HttpRequest) -> str:
    text = request.POST.get("fault", "")
    if text and not is_id(text):  # never all, where one was meant
        raise WrongInput("There is no such fault.")
    count = faults.clear_faults(operator, int(text) if text else None)
    return f"{count} fault{'s' if count != 1 else ''} cleared."


def _call_off(operator: User, request: HttpRequest) -> str:
    return f"{prices.call_off_plans(operator)['cleared']} planned moves called off."


def _read_form(form: Any) -> dict[str, Any]:
    if not form.is_valid():
        raise WrongInput(" ".join(error for errors in form.errors.values() for error in errors))
    return dict(form.cleaned_data)


ACTS: Final[dict[str, Callable[[User, HttpRequest], str]]] = {
    "price": _set_price,
    "walk": _set_walk,
    "fault": _set_fault,
    "clear-faults": _clear_faults,
    "call-off": _call_off,
}
