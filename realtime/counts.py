"""What the real-time parts count about themselves, for the metrics; per process."""

from dataclasses import dataclass


@dataclass(slots=True)
class Counts:
    """Plain numbers that only go up; read by whoever wants to show them."""

    published: int = 0
    publish_failures: int = 0
    repairs: int = 0  # a socket learned of events by the sweep, not by the layer: its loss rate
    log_reads: int = 0
    resets: int = 0
    slow_closed: int = 0
    join_failures: int = 0
    sweep_failures: int = 0


counts = Counts()
