"""Run the real Celery worker and kill it at one step.

python -m tests.bots.endurance.dying_worker FILE CELERY_ARGUMENTS...

It is the real worker, and a real SIGKILL; only the moment is chosen. FILE names the step; whoever
comes to it first takes the file away and dies, so of two workers one lives.
"""

import os
import signal
import sys
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any, Final

Call = Callable[..., Any]


def _is_always(*args: Any, **kwargs: Any) -> bool:
    return True


def _handed(task: str) -> Call:
    return lambda name, *args, **kwargs: name == task


def _of_a_submit(*args: Any, source: str, **kwargs: Any) -> bool:
    return source == "submit"


# Each step: the owner and name of a function, before or after it, and for which calls.
STEPS: Final[dict[str, tuple[str, str, str, Call]]] = {
    "fill recorded, evaluation not queued": (
        "orders.task_queue",
        "send_task",
        "before",
        _handed("bots.evaluate"),
    ),
    "evaluation queued, not begun": ("bots.running.runner", "evaluate_bot", "before", _is_always),
    "order written, bot order not": ("bots.models.BotOrder", "save", "before", _is_always),
    "bot order written, not committed": ("bots.models.BotOrder", "save", "after", _is_always),
    "committed, submission not queued": (
        "orders.task_queue",
        "send_task",
        "before",
        _handed("orders.submit"),
    ),
    "submission claimed": ("orders.submission", "claim_submission", "after", _is_always),
    "accepted, not recorded": ("orders.reconciler", "apply_report", "before", _of_a_submit),
    "accepted and recorded": ("orders.reconciler", "apply_report", "after", _of_a_submit),
}


def main() -> None:
    file, *words = sys.argv[1:]
    import django

    django.setup()
    for step, (where, name, when, which) in STEPS.items():
        owner = _find_owner(where)
        setattr(owner, name, _kill_at_step(getattr(owner, name), step, when, which, Path(file)))
    from celery.bin.celery import main as celery

    sys.argv = ["celery", *words]
    celery()


def _find_owner(where: str) -> Any:
    try:
        return import_module(where)
    except ModuleNotFoundError:
        module, _, name = where.rpartition(".")
        return getattr(import_module(module), name)


def _kill_at_step(function: Call, step: str, when: str, which: Call, file: Path) -> Call:
    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if when == "before" and which(*args, **kwargs):
            _die_if_it_is_time(step, file)
        answer = function(*args, **kwargs)
        if when == "after" and which(*args, **kwargs):
            _die_if_it_is_time(step, file)
        return answer

    return call


def _die_if_it_is_time(step: str, file: Path) -> None:
    try:
        if file.read_text() != step:
            return
        file.unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
