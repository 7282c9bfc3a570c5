"""Operators' actions on sockets: carry out, record in the audit log, notify other operators."""

from datetime import datetime
from typing import Literal

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction

from realtime import operator_messages, publish, streams
from users import sign_ins
from users.models import User

Act = Literal["end", "end_all", "resync", "anew"]
QUESTIONS: dict[Act, str] = {
    "end": "End this socket? Its client comes back by itself, with what it missed.",
    "end_all": "End all sockets of this user? Their clients come back by themselves.",
    "resync": "Have the client at this socket drop what it knows, and read it anew?",
    "anew": "Have every client of this user read everything anew, also those that are away now?",
}
ENDED = "An operator ended this connection."
REPORTS: dict[Act, str] = {
    "end": "Ended the socket {socket} of {user}.",
    "end_all": "Ended all sockets of {user}.",
    "resync": "Had the socket {socket} of {user} start over.",
    "anew": "Had all clients of {user} start over.",
}
SIGNED_OUT = "Signed {user} out everywhere, and ended their sockets."


class ActionRefused(Exception):
    """This operator may not do that to this user; the text says why."""


def carry_out(
    act: Act, *, user: User, socket: str | None, sign_out: bool, by: User, now: datetime
) -> str:
    """Record the action, carry it out, and return a message."""
    sign_out = sign_out and act == "end_all"
    if sign_out and user.is_superuser and not by.is_superuser:  # as on the page of accounts
        raise ActionRefused("Only a superuser may sign a superuser out.")
    message = (SIGNED_OUT if sign_out else REPORTS[act]).format(user=user.username, socket=socket)
    with transaction.atomic():
        LogEntry.objects.log_actions(by.pk, [user], CHANGE, message, single_object=True)
        operator_messages.notify_staff(
            by=by.username, action=act, target=f"user {user.username}", message=message, now=now
        )
        if act == "anew":
            streams.start_new_epoch(user.pk)
        if sign_out:  # the sweeps notice, and close the sockets for good
            sign_ins.sign_out_everywhere(user.pk)
        else:
            transaction.on_commit(lambda: _send_command(act, user.pk, socket), robust=True)
    return message


def _send_command(act: Act, user_id: int, socket: str | None) -> None:
    if act in ("end", "end_all"):
        publish.send_command(user_id, "end", message=ENDED, socket=socket)
    else:
        publish.send_command(user_id, "resync", message="", socket=socket)
