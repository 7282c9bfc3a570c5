"""Popular clients against the simulated venue: which of their calls it answers."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from bench import Result
from bench.support.simulated_venue import SimulatedVenue

ROOT: Final = Path(__file__).resolve().parent.parent
SCRIPTS: Final = Path(__file__).parent / "venue_clients"
OUTCOMES: Final = ("answered", "refused", "unknown", "broken")
# Each row's script, and for ccxt the venue's class and the kind of market.
ROWS: Final = {
    "binance, spot": ("binance.mjs",),
    "binance, USD-M": ("binance_futures.mjs",),
    "@binance/spot": ("binance_spot.mjs",),
    "okx-api": ("okx.mjs",),
    "bybit-api": ("bybit.mjs",),
    "ccxt, Binance spot": ("ccxt.mjs", "binance", "spot"),
    "ccxt, Binance USD-M": ("ccxt.mjs", "binanceusdm", "swap"),
    "ccxt, OKX spot": ("ccxt.mjs", "okx", "spot"),
    "ccxt, OKX swaps": ("ccxt.mjs", "okx", "swap"),
    "ccxt, Bybit spot": ("ccxt.mjs", "bybit", "spot"),
    "ccxt, Bybit linear": ("ccxt.mjs", "bybit", "swap"),
    "ccxt, Python": ("ccxt_python.py",),
}
Call = Mapping[str, str]


def run(*, quick: bool) -> Result:
    """Fetch the clients from npm and make every call; `quick` leaves ccxt's out."""
    with _install_clients() as folder, SimulatedVenue() as venue:
        calls = {
            row: _run_script(folder, venue, row) for row in ROWS if not (quick and "ccxt" in row)
        }
    for call in (call for row in calls.values() for call in row if call["result"] != "answered"):
        print(f"{call['row']}: {call['call']} {call['result']}: {call['detail']}")
    counts = {row: Counter(call["result"] for call in made) for row, made in calls.items()}
    return Result(
        title="Calls of popular clients that the simulated venue answers",
        columns=["client", "calls", *OUTCOMES, "percent"],
        rows=[_format_row(row, count) for row, count in counts.items()],
        figures=_name_figures(counts),
        ratios={f"{row} answered": _compute_share(count) for row, count in counts.items()},
    )


@contextmanager
def _install_clients() -> Iterator[Path]:
    """Put the scripts beside the packages of the lock, in a folder that is deleted after."""
    with tempfile.TemporaryDirectory(prefix="fillwatch-clients-") as name:
        folder = Path(name) / "clients"
        shutil.copytree(SCRIPTS, folder, ignore=shutil.ignore_patterns("__pycache__"))
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=folder, check=True, stdout=sys.stderr)
        yield folder


def _run_script(folder: Path, venue: SimulatedVenue, row: str) -> list[Call]:
    script, *market = ROWS[row]
    account = venue.open_account()
    names = dict(zip(("venue", "kind"), market, strict=False))
    environment = {
        **os.environ,
        "NO_PROXY": "127.0.0.1",
        "VENUE_ACCOUNT": json.dumps({"row": row, "base": venue.base, **account}),
        "VENUE_MARKET": json.dumps(names),
    }
    program = sys.executable if script.endswith(".py") else "node"
    ran = subprocess.run(
        [program, str(folder / script)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
    )
    calls = [_read_call(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    if ran.returncode or not calls:
        raise RuntimeError(f"{row}: {ran.stdout}{ran.stderr}")
    return calls


def _read_call(line: str) -> Call:
    call: dict[str, Any] = json.loads(line)
    return {name: str(value) for name, value in call.items()}


def _compute_share(count: Counter[str]) -> float:
    return round(count["answered"] / count.total(), 3)


def _format_row(row: str, count: Counter[str]) -> list[str]:
    numbers = [str(count[outcome]) for outcome in OUTCOMES]
    return [row, str(count.total()), *numbers, f"{_compute_share(count):.0%}"]


def _name_figures(counts: Mapping[str, Counter[str]]) -> dict[str, float]:
    return {
        f"{row} {outcome}": count[outcome] for row, count in counts.items() for outcome in OUTCOMES
    }
