"""Invite somebody, and let one person use each invitation."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import structlog
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from users.models import Invitation, User

log = structlog.get_logger(__name__)

SESSION_KEY: Final = "invitation"


class InvitationGone(Exception):
    """The invitation was used, has expired, or never existed."""


def invite(
    *, email: str = "", invited_by: User | None = None, days: int | None = None, now: datetime
) -> tuple[Invitation, str]:
    """Create an invitation and send it, where mail is set up; return it with its link."""
    token = secrets.token_urlsafe(24)
    lifetime = timedelta(days=settings.INVITATION_DAYS if days is None else days)
    invitation = Invitation.objects.create(
        digest=_hash_token(token),
        email=email.lower(),
        is_emailed=bool(email and settings.EMAIL_URL),
        invited_by=invited_by,
        expires_at=now + lifetime,
    )
    link = settings.FILLWATCH_URL.rstrip("/") + reverse("invitation", args=[token])
    if invitation.is_emailed:
        _send_link(invitation, link)
    return invitation, link


def open_invitation(session: SessionBase, token: str) -> Invitation | None:
    """Keep a usable invitation in the session, so that its token is in no further address."""
    invitation = _find_usable(_hash_token(token))
    if invitation:
        session[SESSION_KEY] = invitation.digest
    return invitation


def find_for_session(session: SessionBase) -> Invitation | None:
    digest = session.get(SESSION_KEY)
    return _find_usable(digest) if digest else None


def accept(session: SessionBase, *, user: User) -> None:
    """Use up the session's invitation; of two people who try at once, one is refused."""
    with transaction.atomic():
        usable = Invitation.objects.select_for_update().filter(
            digest=session.get(SESSION_KEY, ""), accepted_at=None, expires_at__gt=timezone.now()
        )
        invitation = usable.first()
        if invitation is None:
            raise InvitationGone
        invitation.accepted_by, invitation.accepted_at = user, timezone.now()
        invitation.save(update_fields=["accepted_by", "accepted_at"])
    session.pop(SESSION_KEY, None)
    log.info("invitation accepted", invitation=invitation.pk, user=user.pk)


def _find_usable(digest: str) -> Invitation | None:
    usable = Invitation.objects.filter(accepted_at=None, expires_at__gt=timezone.now())
    return usable.filter(digest=digest).first()


def _send_link(invitation: Invitation, link: str) -> None:
    context = {"link": link, "invitation": invitation}
    text = render_to_string("users/email/invitation.txt", context)
    send_mail(_("You are invited to Fillwatch"), text, None, [invitation.email])


def _hash_token(token: str) -> str:
    return sha256(token.encode()).hexdigest()
