"""Run one measurement, print its table, and with --json its figures as the last line."""

import argparse
import inspect
import json
import pkgutil
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.table import Table

import bench
import bench.at_venues
import bench.in_browser
import bench.messages
import bench.upkeep

NO_MEASUREMENT = "__main__"
PACKAGES = (bench, bench.at_venues, bench.in_browser, bench.messages, bench.upkeep)


def list_measurements() -> dict[str, str]:
    """Return the module of each measurement by its name."""
    return {
        module.name: f"{package.__name__}.{module.name}"
        for package in PACKAGES
        for module in pkgutil.iter_modules(package.__path__)
        if not module.ispkg and module.name != NO_MEASUREMENT
    }


def main() -> None:
    modules = list_measurements()
    parser = argparse.ArgumentParser(prog="python -m bench", description=bench.__doc__)
    parser.add_argument("name", choices=sorted(modules))
    parser.add_argument("--quick", action="store_true", help="fewer rounds, rougher figures")
    parser.add_argument("--json", action="store_true", help="figures as the last line")
    parser.add_argument("--keys", type=int, help="so many keys, for those that take it")
    parser.add_argument("--fills", type=int, help="so many fills, for those that take it")
    parser.add_argument("--only", nargs="+", help="only these rows, for those that take it")
    parser.add_argument("--against", type=Path, help="another checkout, for those that take one")
    options = parser.parse_args()
    measure = import_module(modules[options.name]).run
    own = {name: getattr(options, name) for name in ("keys", "fills", "only", "against")}
    wanted = {"quick": options.quick} | {name: value for name, value in own.items() if value}
    if strange := wanted.keys() - inspect.signature(measure).parameters.keys():
        parser.error(f"{options.name} takes no {', '.join(sorted(strange))}")
    result: bench.Result = measure(**wanted)
    table = Table(*result.columns, title=result.title)
    figures = [[name.replace("_", " "), f"{value:,}"] for name, value in result.figures.items()]
    for row in result.rows or figures:
        table.add_row(*row)
    Console().print(table)
    if options.json:
        numbers = {"figures": dict(result.figures), "ratios": dict(result.ratios)}
        print(json.dumps({"bench": options.name, **numbers}))


if __name__ == "__main__":
    main()
