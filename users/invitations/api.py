"""Invitations by API, for operators who may invite."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import permission_classes
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from users.http import current_user
from users.invitations import actions
from users.rest import REASON, KnownFieldsOnly
from users.strict.fields import WholeNumberField
from users.strict.views import api_view


class MayInvite(BasePermission):
    message = "You need the permission to add invitations."

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user.is_staff and request.user.has_perm("users.add_invitation"))


class NewInvitation(KnownFieldsOnly):
    """A new invitation: the address to send it to, and the days it is valid."""

    email = serializers.EmailField(
        required=False,
        default="",
        allow_blank=True,
        help_text="Where it is sent, with mail set up",
    )
    days = WholeNumberField(
        required=False, min_value=1, max_value=90, help_text="For how long it can be used"
    )


class InvitationOut(serializers.Serializer[Any]):
    link = serializers.CharField(
        allow_null=True, help_text="For one person, once; null when it was sent by mail"
    )
    email = serializers.CharField()
    expires_at = serializers.DateTimeField()


@extend_schema(
    tags=["users"],
    request=NewInvitation,
    responses={201: InvitationOut, 400: REASON, 403: REASON},
)
@api_view(["POST"])
@permission_classes([MayInvite])
def create_invitation(request: Request) -> Response:
    """Invite somebody to make an account. Operators only: there is no open registration."""
    fields = NewInvitation(data=request.data)
    fields.is_valid(raise_exception=True)
    invitation, link = actions.invite(
        **fields.validated_data, invited_by=current_user(request), now=timezone.now()
    )
    data = {
        "link": None if invitation.is_emailed else link,
        "email": invitation.email,
        "expires_at": invitation.expires_at,
    }
    return Response(InvitationOut(data).data, status=201, headers={"Cache-Control": "no-store"})
