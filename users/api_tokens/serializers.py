"""The inputs and outputs of the API of API tokens."""

from typing import Any

from rest_framework import serializers

from users.api_tokens.actions import LONGEST_DAYS, MOST_NETWORKS, parse_network
from users.models import ApiToken
from users.rest import KnownFieldsOnly
from users.strict.fields import WholeNumberField

MOST_KEYS = 200


class NetworkField(serializers.CharField):
    """An address or a network, as 203.0.113.7 or 2001:db8::/48."""

    def to_internal_value(self, data: Any) -> str:
        try:
            return parse_network(super().to_internal_value(data))
        except ValueError:
            message = "This is no address and no network such as 203.0.113.0/24."
            raise serializers.ValidationError(message) from None


class ApiTokenRequest(KnownFieldsOnly):
    """A request for a new API token: its name, scopes and limits."""

    name = serializers.CharField(max_length=60)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(ApiToken.Scope.choices), allow_empty=False
    )
    days = WholeNumberField(
        min_value=1, max_value=LONGEST_DAYS, help_text="After so many days it expires"
    )
    keys = serializers.ListField(
        child=WholeNumberField(min_value=1, max_value=2**63 - 1),
        allow_null=True,
        allow_empty=False,
        default=None,
        max_length=MOST_KEYS,
        help_text="Ids of the exchange keys it is for; null: all, those to come included",
    )
    networks = serializers.ListField(
        child=NetworkField(max_length=49),
        default=list,
        max_length=MOST_NETWORKS,
        help_text="Addresses and networks it may be used from; an empty list: all",
    )


class ApiTokenOut(serializers.ModelSerializer[ApiToken]):
    keys = serializers.ListField(
        child=serializers.IntegerField(), source="key_ids", allow_null=True
    )

    class Meta:
        model = ApiToken
        fields = [
            "id",
            "name",
            "hint",
            "scopes",
            "keys",
            "networks",
            "created_at",
            "expires_at",
            "last_used_at",
            "last_address",
        ]
        read_only_fields = fields


class NewApiTokenOut(ApiTokenOut):
    token = serializers.CharField(help_text="The token itself. It is shown this once.")

    class Meta(ApiTokenOut.Meta):
        fields = [*ApiTokenOut.Meta.fields, "token"]
        read_only_fields = fields
