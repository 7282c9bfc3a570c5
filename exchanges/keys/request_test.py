"""Request a test of a key from a process that cannot open its secret."""

from typing import Any

from exchanges import worker_calls

TASK = "exchanges.test_key"


def run_test(key_id: int, *, seconds: float) -> dict[str, Any]:
    """Return the verdict of a worker, or raise a CallError."""
    return worker_calls.call_worker(
        TASK,
        key_id,
        seconds=seconds,
        if_late="The key is tested as soon as one takes the job.",
    )


def queue_test(key_id: int) -> None:
    """Have a worker test the key soon. The verdict comes as an event."""
    worker_calls.queue_task(TASK, key_id)
