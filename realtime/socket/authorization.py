"""One query for all sockets of a process: the streams' heads, and who may still be connected."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from realtime.frames import RIGHTS, Close
from realtime.socket.session import Identity
from realtime.streams import EPOCH

# The fingerprint of the password's hash is the version of somebody's credentials: whatever
# changes the password changes it, and it gives nothing away. Permissions are looked up for staff
# alone, of whom there are few.
AUTHORIZATIONS = f"""
SELECT person.id, {EPOCH}, coalesce(stream.seq, 0), person.is_active, person.is_staff,
    encode(sha256(convert_to(person.password, 'UTF8')), 'hex'),
    (SELECT array_agg(asked.key) FROM unnest(%s::text[]) AS asked (key) WHERE NOT EXISTS (
        SELECT FROM django_session WHERE session_key = asked.key AND expire_date > now())),
    (SELECT array_agg(sid) FROM users_endedsignin WHERE sid = ANY(%s)),
    (SELECT array_agg(asked.id) FROM unnest(%s::bigint[]) AS asked (id) WHERE NOT EXISTS (
        SELECT FROM users_apitoken WHERE id = asked.id AND revoked_at IS NULL)),
    CASE WHEN NOT person.is_staff THEN NULL WHEN person.is_superuser THEN %s::text[] ELSE (
        SELECT array_agg(app_label || '.' || codename) FROM auth_permission AS permission
        JOIN django_content_type AS model ON model.id = content_type_id
        WHERE app_label || '.' || codename = ANY(%s) AND (
            EXISTS (SELECT FROM users_user_user_permissions AS given
                WHERE given.user_id = person.id AND given.permission_id = permission.id)
            OR EXISTS (SELECT FROM users_user_groups AS member
                JOIN auth_group_permissions AS given ON given.group_id = member.group_id
                WHERE member.user_id = person.id AND given.permission_id = permission.id)))
    END
FROM users_user AS person LEFT JOIN realtime_stream AS stream ON stream.user_id = person.id
WHERE person.id = ANY(%s)
"""  # noqa: S608 (our own words)


@dataclass(frozen=True, slots=True)
class Authorization:
    """A user's rights and head, as the sweep read them."""

    epoch: str
    seq: int
    is_active: bool
    is_staff: bool
    credentials: str
    # Of the asked sessions and sign-ins those that are over, whosever they are: few, where those
    # that go on would be all of them for each user.
    ended: frozenset[str]
    revoked: frozenset[int] = frozenset()  # of the asked API tokens those that are good no more
    rights: frozenset[str] = frozenset()  # of the RIGHTS of operators


def hash_credentials(password: str) -> str:
    """Hash a password's hash as the query does."""
    return hashlib.sha256(password.encode()).hexdigest()


def fetch_authorizations(
    user_ids: Iterable[int],
    session_keys: Iterable[str] = (),
    sign_ins: Iterable[str] = (),
    api_tokens: Iterable[int] = (),
) -> dict[int, Authorization]:
    """Fetch all users' authorizations in one query; who is missing was deleted."""
    with connection.cursor() as cursor:
        asked: list[Any] = [list(session_keys), list(sign_ins), list(api_tokens)]
        cursor.execute(AUTHORIZATIONS, [*asked, list(RIGHTS), list(RIGHTS), list(user_ids)])
        rows = cursor.fetchall()
    return {
        user_id: Authorization(
            epoch,
            seq,
            active,
            staff,
            hashed,
            frozenset((keys or []) + (sids or [])),
            frozenset(revoked or []),
            frozenset(rights or []),
        )
        for user_id, epoch, seq, active, staff, hashed, keys, sids, revoked, rights in rows
    }


def find_lost_right(
    identity: Identity, now: Authorization | None, *, for_staff: bool
) -> tuple[Close, str] | None:
    """Return why a socket must end, if its user or API token lacks a right or has lost it."""
    if now is None or not now.is_active:
        return Close.FORBIDDEN, "This user is not active any more."
    if for_staff and not now.is_staff:
        return Close.FORBIDDEN, "This endpoint is for operators."
    if for_staff and not now.rights:
        return Close.FORBIDDEN, "You have no right to see health checks, jobs or the audit log."
    if identity.api_token is not None:  # which outlives a password
        scope = "operate" if for_staff else "read"
        if scope not in identity.scopes:
            return Close.FORBIDDEN, f"This API token may not {scope}."
        if identity.api_token in now.revoked:
            return Close.CREDENTIALS_CHANGED, "This API token was revoked."
        return None
    if now.credentials != identity.credentials:
        return Close.CREDENTIALS_CHANGED, "The password was changed."
    if now.ended and {identity.session_key, identity.sign_in} & now.ended:
        return Close.CREDENTIALS_CHANGED, "You signed out."
    return None
