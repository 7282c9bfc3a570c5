"""Acts of operators on accounts: sign out, deactivate, activate. Each is recorded and told."""

from datetime import datetime
from typing import Final, Literal

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction

from realtime import operator_messages
from users import sign_ins
from users.models import User

AccountAct = Literal["sign-out", "deactivate", "activate"]
QUESTIONS: Final[dict[AccountAct, str]] = {
    "sign-out": "Sign {user} out everywhere? All sessions and tokens of sign-ins end, and sockets"
    " close. API tokens stay valid.",
    "deactivate": "Deactivate {user}? Nobody can sign in or use an API token of this account, and"
    " its bots stop placing orders. Orders that are open at a venue stay open: cancel them first"
    " if they must not fill.",
    "activate": "Activate {user}? Sign-ins, API tokens and bots work again.",
}
REPORTS: Final[dict[AccountAct, str]] = {
    "sign-out": "Signed {user} out everywhere.",
    "deactivate": "Deactivated {user}.",
    "activate": "Activated {user}.",
}


class AccountRefused(Exception):
    """This operator may not do that to this account."""


def act_on_account(act: AccountAct, user: User, *, by: User, now: datetime) -> str:
    """Carry out an act on an account; return what was done."""
    if act == "deactivate" and user.pk == by.pk:
        raise AccountRefused("You cannot deactivate your own account.")
    if user.is_superuser and not by.is_superuser:
        raise AccountRefused("Only a superuser may do this to a superuser.")
    report = REPORTS[act].format(user=user.get_username())
    with transaction.atomic():
        if act != "sign-out":
            User.objects.filter(pk=user.pk).update(is_active=act == "activate")
        if act != "activate":
            sign_ins.sign_out_everywhere(user.pk)
        LogEntry.objects.log_actions(by.pk, [user], CHANGE, report, single_object=True)
        operator_messages.notify_staff(
            by=by.get_username(),
            action=act,
            target=f"user {user.get_username()}",
            message=report,
            now=now,
        )
    return report
