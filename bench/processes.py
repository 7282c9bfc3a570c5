"""Time a first and a second start, from the command to the page; measure each part's memory."""

import tempfile
import time
from pathlib import Path

import psutil

from bench import Result
from bench.support.whole_installation import start_installation

SETTLE = 20.0  # a few sweeps, so that what is loaded lazily is there


def run(*, quick: bool) -> Result:
    with tempfile.TemporaryDirectory(prefix="fillwatch-bench-") as folder:
        first = start_installation(Path(folder))
        first.ask("alice", "GET", "orders/")
        time.sleep(SETTLE / 4 if quick else SETTLE)
        memory = {name: _memory_mb(part) for name, part in first.parts().items()}
        ccxt_in_web, ccxt_in_worker = (_has_ccxt(first.parts()[p]) for p in ("web", "worker"))
        everyone = [p for part in first.parts().values() for p in _with_children(part)]
        seconds_to_stop = first.stop()
        left = [process.pid for process in everyone if process.is_running()]
        second = start_installation(Path(folder))
        seconds_to_stop_again = second.stop()
    figures = {
        "first_start_seconds": round(first.seconds_to_page, 1),
        "second_start_seconds": round(second.seconds_to_page, 1),
        "stop_seconds": round(max(seconds_to_stop, seconds_to_stop_again), 1),
        "left_behind": len(left),
        "ccxt_in_web": int(ccxt_in_web),
        "ccxt_in_worker": int(ccxt_in_worker),
        "memory_mb": round(sum(memory.values())),
        **{f"{name}_mb": round(megabytes) for name, megabytes in memory.items()},
    }
    return Result(
        title="One installation, from the command to the page and back",
        figures=figures,
    )


def _with_children(part: psutil.Process) -> list[psutil.Process]:
    """A part and its children; those of the launcher are parts themselves."""
    launcher = "manage.py up" in " ".join(part.cmdline())
    return [part] if launcher else [part, *part.children(recursive=True)]


def _memory_mb(part: psutil.Process) -> float:
    """Proportional set size: what processes share counts once."""
    return float(sum(member.memory_full_info().pss for member in _with_children(part))) / 1e6


def _has_ccxt(part: psutil.Process) -> bool:
    """ccxt is plain Python and maps no file; orjson, which only ccxt loads, gives it away."""
    return any("orjson" in entry.path for entry in part.memory_maps())
