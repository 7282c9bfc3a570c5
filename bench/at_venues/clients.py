"""Popular clients against the simulated venue: which of their calls it answers."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bench import Result
from bench.support.simulated_venue import SimulatedVenue

SCRIPTS: Final = Path(__file__).parent.parent / "venue_clients"
PACKAGE_FILES: Final = ("package.json", "package-lock.json")
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
    """Fetch the clients from npm once, and make every call; `quick` leaves ccxt's out."""
    install_packages()
    rows = [row for row in ROWS if not (quick and "ccxt" in row)]
    with SimulatedVenue() as venue:
        calls = {row: make_calls(venue, row) for row in rows}
    for call in (call for row in calls.values() for call in row if call["result"] != "answered"):
        print(f"{call['row']}: {call['call']} {call['result']}: {call['detail']}")
    counts = {row: Counter(call["result"] for call in made) for row, made in calls.items()}
    return Result(
        title="Calls of popular clients that the simulated venue answers",
        columns=["client", "calls", *OUTCOMES, "percent"],
        rows=[_format_row(row, count) for row, count in counts.items()],
        figures=_name_figures(counts),
        ratios={f"{row} answered": compute_share(count) for row, count in counts.items()},
    )


def list_ready_rows() -> list[str]:
    """List the rows that can be measured without the network: their packages are here."""
    has_packages = shutil.which("node") is not None and _packages_folder().exists()
    return [row for row, (script, *_) in ROWS.items() if has_packages or script.endswith(".py")]


def install_packages() -> None:
    """Install the packages of the lock into this user's cache, unless they are there."""
    folder = _packages_folder()
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        partial = Path(name) / "packages"
        shutil.copytree(SCRIPTS, partial, ignore=lambda _, names: set(names) - set(PACKAGE_FILES))
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=partial, check=True, stdout=sys.stderr)
        partial.rename(folder)


def _packages_folder() -> Path:
    """Return the folder of the packages that the present lock names."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    digest = hashlib.sha256((SCRIPTS / "package-lock.json").read_bytes()).hexdigest()
    return cache / "fillwatch" / f"venue-clients-{digest[:16]}"


def make_calls(venue: SimulatedVenue, row: str) -> list[Call]:
    """Run the script of a row, beside the packages, with an account of its own."""
    script, *market = ROWS[row]
    environment = {
        **os.environ,
        "NO_PROXY": "127.0.0.1",
        "VENUE_ACCOUNT": json.dumps({"row": row, "base": venue.base, **venue.open_account()}),
        "VENUE_MARKET": json.dumps(dict(zip(("venue", "kind"), market, strict=False))),
    }
    program = sys.executable if script.endswith(".py") else "node"
    with tempfile.TemporaryDirectory(prefix="fillwatch-clients-") as name:
        folder = Path(name) / "clients"
        shutil.copytree(SCRIPTS, folder, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "node_modules").symlink_to(_packages_folder() / "node_modules")
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


def compute_share(count: Counter[str]) -> float:
    return round(count["answered"] / count.total(), 3)


def _format_row(row: str, count: Counter[str]) -> list[str]:
    numbers = [str(count[outcome]) for outcome in OUTCOMES]
    return [row, str(count.total()), *numbers, f"{compute_share(count):.0%}"]


def _name_figures(counts: Mapping[str, Counter[str]]) -> dict[str, float]:
    return {
        f"{row} {outcome}": count[outcome] for row, count in counts.items() for outcome in OUTCOMES
    }
