"""`manage.py market`: turn the simulated markets from a terminal."""

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from exchanges.paper import SimulatorUnavailable
from operations.market_control import api, faults, prices, scenarios, sessions, simulator
from operations.market_control import serializers as shapes
from operations.models import MarketScenario, MarketSession
from users.models import User

HELP: Final = """Turn the SIMULATED markets. Nothing here reaches a real venue.

  manage.py market list
  manage.py market set binance.spot.paper:BTC/USDT --price 60000 --seconds 60 --steps 12
  manage.py market set --volatility 3 --trend=-2        (all simulated instruments)
  manage.py market scenario crash                       (off: the one that runs ends)
  manage.py market fault latency latency_ms=500         (without a kind: list; clear: end all)
  manage.py market session start Demo                   (then stop, replay, reset, snapshot ID)

Exit code 0: done; 1: it was refused, or the simulated venue does not answer.
"""
SESSION_ACTS: Final[Mapping[str, Callable[[User, MarketSession], Any]]] = {
    "stop": sessions.stop_session,
    "replay": sessions.replay_session,
    "reset": sessions.reset_session,
    "snapshot": sessions.take_snapshot,
}
EXPECTED: Final = (
    *(SimulatorUnavailable, simulator.LiveInstrument, prices.BadPrice),
    *api.CONFLICTS,
)


class Command(BaseCommand):
    help = HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(
            prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="for machines")
        common = ArgumentParser(add_help=False)
        common.add_argument("--json", action="store_true", help="for machines")
        common.add_argument("--by", help="an operator's user name, for the record")
        parts = parser.add_subparsers(dest="part", required=True)
        parts.add_parser("list", parents=[common])
        setting = parts.add_parser("set", parents=[common])
        setting.add_argument("instruments", nargs="*")
        setting.add_argument("--price", help="of one instrument")
        setting.add_argument("--seconds", type=int, default=0)
        setting.add_argument("--steps", type=int, default=1)
        for name in prices.REGIME:
            setting.add_argument(f"--{name}")
        scenario = parts.add_parser("scenario", parents=[common])
        scenario.add_argument("name", nargs="?", help="its name, or off; without: list")
        fault = parts.add_parser("fault", parents=[common])
        fault.add_argument("kind", nargs="?")
        fault.add_argument("fields", nargs="*", help="such as latency_ms=500")
        session = parts.add_parser("session", parents=[common])
        session.add_argument("act", nargs="?", choices=["start", *SESSION_ACTS])
        session.add_argument("name", nargs="?", help="of a new one, else its number")

    def handle(self, *args: Any, **options: Any) -> None:
        parts = {
            "list": lambda _: sessions.read_overview(),
            "set": _set_market,
            "scenario": _switch_scenario,
            "fault": _set_fault,
            "session": _run_session,
        }
        try:
            answer = {"simulated": True, **parts[options["part"]](options)}
        except EXPECTED as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(answer, indent=2, default=str))
            return
        self.stdout.write("SIMULATED")
        for name, value in answer.items():
            if name != "simulated":
                self._print_value(name, value)

    def _print_value(self, name: str, value: Any) -> None:
        rows = value.items() if isinstance(value, Mapping) else ()
        self.stdout.write(f"{name}: {'' if rows else value}")
        for row, content in rows:
            self.stdout.write(f"  {row}: {content}")


def _find_operator(options: Mapping[str, Any]) -> User:
    operator = User.objects.filter(username=options["by"] or "").first()
    if operator is None:
        raise CommandError("Say who you are, for the record: --by USERNAME.")
    return operator


def _set_market(options: Mapping[str, Any]) -> Mapping[str, Any]:
    operator, names = _find_operator(options), options["instruments"]
    given = {name: options[name] for name in prices.REGIME if options[name] is not None}
    if options["price"] is None and not given:
        raise CommandError("Say what to set: --price, --volatility, --trend or --volume.")
    answer: dict[str, Any] = {}
    if given:
        fields = shapes.RegimeChange(data={"instruments": names, **given})
        if not fields.is_valid():
            raise CommandError(str(dict(fields.errors)))
        answer |= prices.set_regime(operator, instruments=names, regime=fields.regime())
    if options["price"] is not None:
        answer |= _set_price(operator, options)
    return answer


def _set_price(operator: User, options: Mapping[str, Any]) -> Mapping[str, Any]:
    if len(options["instruments"]) != 1:
        raise CommandError("A price is set for one instrument.")
    try:
        price = Decimal(options["price"])
    except InvalidOperation:
        raise CommandError("The price must be a number.") from None
    fields = {name: options[name] for name in ("seconds", "steps")}
    given = shapes.PriceChange(
        data={"instrument": options["instruments"][0], "price": str(price), **fields}
    )
    if not given.is_valid():
        raise CommandError(str(dict(given.errors)))
    return prices.set_price(operator, **given.validated_data)


def _switch_scenario(options: Mapping[str, Any]) -> Mapping[str, Any]:
    rows = scenarios.list_scenarios()
    if options["name"] is None:
        return {"scenarios": {row.name: row.description for row in rows}}
    operator = _find_operator(options)
    if options["name"] == "off":
        ended = [scenarios.deactivate_scenario(operator, row) for row in rows if row.active_since]
        return {"ended": [row.name for row in ended]}
    scenario: MarketScenario | None = rows.filter(name__iexact=options["name"]).first()
    if scenario is None:
        raise CommandError(f"No such scenario; there are {', '.join(row.name for row in rows)}.")
    return {"scenario": scenarios.activate_scenario(operator, scenario).name}


def _set_fault(options: Mapping[str, Any]) -> Mapping[str, Any]:
    if options["kind"] is None:
        return faults.list_faults()
    operator = _find_operator(options)
    if options["kind"] == "clear":
        return {"cleared": faults.clear_faults(operator)}
    fields = dict(pair.partition("=")[::2] for pair in options["fields"])
    values = {name: int(value) if value.isdigit() else value for name, value in fields.items()}
    given = shapes.NewFault(data={"kind": options["kind"], **values})
    if not given.is_valid():
        raise CommandError(str(dict(given.errors)))
    return {"fault": faults.set_fault(operator, given.fault())}


def _run_session(options: Mapping[str, Any]) -> Mapping[str, Any]:
    if options["act"] is None:
        rows = MarketSession.objects.all()[:20]
        return {"sessions": {row.pk: f"{row.name} {row.started_at:%F %T}" for row in rows}}
    operator = _find_operator(options)
    if options["act"] == "start":
        session = sessions.start_session(operator, options["name"] or "Session")
        return {"id": session.pk, "name": session.name}
    name = options["name"] or ""
    found = MarketSession.objects.filter(pk=int(name)) if name.isdigit() else None
    if not found:
        raise CommandError("Say which session, by its number.")
    SESSION_ACTS[options["act"]](operator, found[0])
    return {"id": found[0].pk, "act": options["act"]}
