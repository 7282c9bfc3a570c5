"""Changes of a person's own account in words: what, from which value to which, by whom."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.apps import apps
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from operations.models import AuditChange
from operations.models.audit import AuditAction, AuditActor

LONGEST: Final = 200  # characters of a value
ACTORS: Final = {
    AuditActor.ANONYMOUS: gettext_noop("somebody who was not signed in"),
    AuditActor.COMMAND: gettext_noop("an operator's command"),
    AuditActor.SYSTEM: "Fillwatch",
    AuditActor.DATABASE: gettext_noop("SQL by hand"),
}
LABELS: Final = {
    "users.user": "account",
    "users.user_groups": "groups",
    "users.user_user_permissions": "permissions",
    "users.apitoken": gettext_noop("API token"),
    "users.keygrant": gettext_noop("shared key"),
    "mfa.authenticator": gettext_noop("second factor"),
    "exchanges.exchangekey": "key",
    "exchanges.deadmansswitch": gettext_noop("dead man's switch"),
    "bots.botlimits": gettext_noop("limits of all bots"),
    "bots.hook": "webhook",
    "operations.notificationway": gettext_noop("way of notifications"),
    "operations.notificationpreferences": gettext_noop("preferences of notifications"),
    "socialaccount.socialaccount": gettext_noop("single sign-on"),
}


@dataclass(frozen=True, slots=True)
class ChangedValue:
    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class OwnChange:
    """One change, as the page lists it. The address is shown only of one's own acts."""

    change: AuditChange
    label: str
    actor: str
    address: str
    values: list[ChangedValue]


def list_changes(user_id: int) -> QuerySet[AuditChange]:
    """Return the changes of a user's account, keys, bots and settings, the newest first."""
    return AuditChange.objects.filter(owner_id=user_id)


def describe_changes(changes: Iterable[AuditChange], *, user_id: int) -> list[OwnChange]:
    return [_describe_change(change, user_id) for change in changes]


def label_subject(subject: str) -> str:
    if subject in LABELS:
        return _(LABELS[subject])
    try:
        return str(apps.get_model(subject)._meta.verbose_name)
    except LookupError:  # a table of a former release
        return subject


def _describe_change(change: AuditChange, user_id: int) -> OwnChange:
    is_own = change.actor_id == user_id
    return OwnChange(
        change=change,
        label=label_subject(change.subject),
        actor=_name_actor(change, is_own=is_own),
        address=change.address or "" if is_own else "",
        values=_list_values(change.before, change.after, change.action),
    )


def _name_actor(change: AuditChange, *, is_own: bool) -> str:
    if change.actor != AuditActor.USER:
        return _(ACTORS[AuditActor(change.actor)])
    name = "you" if is_own else change.actor_name
    return _("%(name)s, by API token") % {"name": name} if change.token_id else name


def _list_values(
    before: Mapping[str, Any], after: Mapping[str, Any], action: str
) -> list[ChangedValue]:
    """List the columns that changed; of a row that came or went, those that hold something."""
    names = dict.fromkeys([*before, *after])
    values = [
        ChangedValue(
            name.removesuffix("_id").replace("_", " "),
            _write_value(before.get(name)),
            _write_value(after.get(name)),
        )
        for name in names
        if name != "user_id"
    ]
    if action == AuditAction.CHANGED:
        return values
    return [value for value in values if value.before or value.after]


def _write_value(value: Any) -> str:
    if value is None or value == "" or value == [] or value == {}:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        value = ", ".join(f"{name}: {one}" for name, one in value.items())
    elif isinstance(value, list):
        value = ", ".join(map(str, value))
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
