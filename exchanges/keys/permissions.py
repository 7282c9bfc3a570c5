"""Judge a venue's answer about a key, with messages for its owner. Pure."""

from dataclasses import dataclass

from exchanges.base import KeyReport

MAX_MESSAGE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyVerdict:
    """`heard`: the venue answered, so this is news. `stop`: do not use the key any more."""

    ok: bool
    message: str
    permissions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    heard: bool = True
    stop: bool = False


def judge_report(report: KeyReport, *, venue: str) -> KeyVerdict:
    rights = _list_rights(report)
    if report.can_withdraw:
        return KeyVerdict(
            ok=False,
            stop=True,
            message="This key may withdraw, so it was switched off."
            f" Take that right away at {venue} and test again, or attach a key without it.",
            permissions=rights,
            warnings=_list_warnings(report),
        )
    if not report.can_read:
        reason = f"This key may not read: allow it at {venue} and test again."
        return KeyVerdict(ok=False, message=reason, permissions=rights)
    reason = f"{venue} accepts this key: it may {' and '.join(rights)}."
    return KeyVerdict(ok=True, message=reason, permissions=rights, warnings=_list_warnings(report))


def key_refused(reason: str, *, venue: str) -> KeyVerdict:
    """Return the verdict for a key that the venue refuses."""
    return KeyVerdict(
        ok=False,
        stop=True,
        message=f"{venue} refuses this key, so it was switched off: {_shorten_text(reason)}",
    )


def venue_unavailable(reason: str, *, venue: str) -> KeyVerdict:
    """Return the verdict for a venue that could not be asked: nothing is recorded."""
    return KeyVerdict(
        ok=False, heard=False, message=f"{venue} could not be asked: {_shorten_text(reason)}"
    )


def _list_rights(report: KeyReport) -> tuple[str, ...]:
    rights = {
        "read": report.can_read,
        "trade": report.can_trade,
        "withdraw": report.can_withdraw,
    }
    return tuple(name for name, is_granted in rights.items() if is_granted)


def _list_warnings(report: KeyReport) -> tuple[str, ...]:
    warnings = {
        "withdrawals are allowed: create a key without that right": report.can_withdraw,
        "this key may not trade: orders can be watched, not placed": report.can_trade is False,
        "this venue does not say what a key may: make sure that it cannot withdraw": (
            report.can_withdraw is None
        ),
        "this key works from any address: bind it to this server's": report.ip_restricted is False,
    }
    return tuple(text for text, true in warnings.items() if true)


def _shorten_text(text: str) -> str:
    return text if len(text) <= MAX_MESSAGE else text[: MAX_MESSAGE - 1] + "…"
