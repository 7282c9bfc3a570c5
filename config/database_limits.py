"""Time limits that PostgreSQL enforces on a process: statements, locks, idle transactions.

Without limits one slow query or one hung process holds its locks and its connection for ever.
"""

from dataclasses import dataclass
from typing import Final

from environ import Env


@dataclass(frozen=True, slots=True)
class DatabaseLimits:
    """PostgreSQL's time limits for a process, in seconds; 0 means no limit."""

    statement: float
    lock: float
    idle_in_transaction: float

    def to_options(self) -> str:
        """Return the limits as libpq's `options`; empty when there are none."""
        milliseconds = {
            "statement_timeout": self.statement * 1000,
            "lock_timeout": self.lock * 1000,
            "idle_in_transaction_session_timeout": self.idle_in_transaction * 1000,
        }
        limits = [f"-c {name}={round(value)}" for name, value in milliseconds.items() if value]
        return " ".join(limits)


# Nobody waits longer than half a minute for a page. Jobs prune and count, many rows at once.
WEB: Final = DatabaseLimits(statement=30, lock=10, idle_in_transaction=30)
JOBS: Final = DatabaseLimits(statement=120, lock=30, idle_in_transaction=60)
# A migration may take as long as it needs, but while it waits for its lock everybody waits behind.
COMMANDS: Final = DatabaseLimits(statement=0, lock=30, idle_in_transaction=600)
BY_ROLE: Final = {"web": WEB, "worker": JOBS, "stream": JOBS, "beat": JOBS}


def read_limits(env: Env, role: str) -> DatabaseLimits:
    """Return a role's limits, with those that the environment sets."""
    usual = BY_ROLE.get(role, COMMANDS)
    return DatabaseLimits(
        statement=env.float("DATABASE_STATEMENT_SECONDS", usual.statement),
        lock=env.float("DATABASE_LOCK_SECONDS", usual.lock),
        idle_in_transaction=env.float("DATABASE_IDLE_SECONDS", usual.idle_in_transaction),
    )
