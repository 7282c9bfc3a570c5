"""Time limits of a process's database: those that PostgreSQL enforces, and our own patience.

Without limits one slow query or one hung process holds its locks and its connection for ever, and
a server that hangs holds everybody who waits for it.
"""

from dataclasses import dataclass
from typing import Final

from environ import Env


@dataclass(frozen=True, slots=True)
class DatabaseLimits:
    """The time limits of a process, in seconds; 0 means no limit."""

    statement: float
    lock: float
    idle_in_transaction: float
    answer: float  # without one for so long, the server is asked whether it answers at all
    connect: int

    def to_parameters(self) -> dict[str, int]:
        """Return what libpq itself watches; the last four concern TCP connections only."""
        return {
            "connect_timeout": self.connect,
            "tcp_user_timeout": UNACKNOWLEDGED_SECONDS * 1000,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 2,
        }

    def to_options(self) -> str:
        """Return what PostgreSQL enforces as libpq's `options`; empty when there is nothing."""
        milliseconds = {
            "statement_timeout": self.statement * 1000,
            "lock_timeout": self.lock * 1000,
            "idle_in_transaction_session_timeout": self.idle_in_transaction * 1000,
        }
        limits = [f"-c {name}={round(value)}" for name, value in milliseconds.items() if value]
        return " ".join(limits)


UNACKNOWLEDGED_SECONDS: Final = 10  # then the kernel gives up a server that is gone
# Nobody waits longer than half a minute for a page. Jobs prune and count, many rows at once.
# A process that is frozen within a transaction keeps its locks until it has idled for too long.
WEB: Final = DatabaseLimits(statement=30, lock=10, idle_in_transaction=30, answer=0.5, connect=2)
JOBS: Final = DatabaseLimits(statement=120, lock=30, idle_in_transaction=30, answer=5, connect=5)
# A migration may take as long as it needs, but while it waits for its lock everybody waits behind.
COMMANDS: Final = DatabaseLimits(
    statement=0, lock=30, idle_in_transaction=600, answer=0, connect=10
)
BY_ROLE: Final = {"web": WEB, "worker": JOBS, "stream": JOBS, "beat": JOBS}


def read_limits(env: Env, role: str) -> DatabaseLimits:
    """Return a role's limits, with those that the environment sets."""
    usual = BY_ROLE.get(role, COMMANDS)
    return DatabaseLimits(
        statement=env.float("DATABASE_STATEMENT_SECONDS", usual.statement),
        lock=env.float("DATABASE_LOCK_SECONDS", usual.lock),
        idle_in_transaction=env.float("DATABASE_IDLE_SECONDS", usual.idle_in_transaction),
        answer=env.float("DATABASE_ANSWER_SECONDS", usual.answer),
        connect=env.int("DATABASE_CONNECT_SECONDS", usual.connect),
    )
