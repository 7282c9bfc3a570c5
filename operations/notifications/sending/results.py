"""The result of sending one message by one way."""

from dataclasses import dataclass
from enum import Enum, auto

GONE_CODES = (404, 410)
LIMITED_CODES = (408, 425, 429, 503)


class SendOutcome(Enum):
    SENT = auto()
    FAILED = auto()  # tried again later
    UNREACHABLE = auto()  # tried again later, and the way's other messages wait too
    IMPOSSIBLE = auto()  # the same message would never be taken
    GONE = auto()  # the address is no more: the way is switched off


@dataclass(frozen=True, slots=True)
class SendResult:
    """The outcome, in words without any secret; `may_have_arrived` if nobody can tell."""

    outcome: SendOutcome
    words: str = ""
    retry_after: float | None = None
    may_have_arrived: bool = False


SENT = SendResult(SendOutcome.SENT)


@dataclass(frozen=True, slots=True)
class Sendable:
    """The content of a message, as all ways take it."""

    message_id: str
    category: str
    level: str
    title: str
    message: str
    link: str  # a whole address, or empty
    created_at: str
    is_repeat: bool  # an earlier attempt may have arrived

    def to_text(self) -> str:
        """Return the body for people, who see the title above it."""
        remark = "This may be a repeat: sending was interrupted." if self.is_repeat else ""
        return "\n".join(part for part in (self.message, self.link, remark) if part) or self.title


def describe_answer(status: int, service: str) -> str:
    return f"{service} answered HTTP {status}."
