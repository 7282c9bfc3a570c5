"""The inputs and outputs of the API of shared keys."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from users.models import KeyGrant
from users.rest import KnownFieldsOnly


@extend_schema_serializer(component_name="NewGrant")
class OfferSerializer(KnownFieldsOnly):
    """A user to share a key with, and what he may do."""

    member = serializers.CharField(max_length=150, help_text="The name of the user")
    role = serializers.ChoiceField(KeyGrant.Role.choices)


@extend_schema_serializer(component_name="Grant")
class GrantSerializer(serializers.ModelSerializer[KeyGrant]):
    """A grant as the owner of its key sees it."""

    member = serializers.CharField(source="member_name")

    class Meta:
        model = KeyGrant
        fields = ["id", "member", "role", "created_at", "accepted_at", "last_used_at"]
        read_only_fields = fields


@extend_schema_serializer(component_name="SharedKey")
class SharedKeySerializer(serializers.Serializer[Any]):
    """A key of another user, as the member sees it to whom it was offered."""

    id = serializers.IntegerField(source="key_id")
    label = serializers.CharField(source="key.label")  # type: ignore[assignment]  # a field by that name
    owner = serializers.CharField(source="key.user.username")
    role = serializers.ChoiceField(KeyGrant.Role.choices)
    venue = serializers.CharField(source="key.venue")
    market = serializers.CharField(source="key.market")
    simulated = serializers.BooleanField(source="key.is_paper")
    is_active = serializers.BooleanField(source="key.is_active")
    offered_at = serializers.DateTimeField(source="created_at")
    accepted_at = serializers.DateTimeField(allow_null=True, help_text="null: not accepted yet")
