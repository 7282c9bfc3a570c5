"""Alert rules by API: a user's own ones, and for staff with the permission those of operators."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from operations.alerts.evaluate import try_rule
from operations.alerts.evaluators.conditions import BadConditions
from operations.alerts.rules import actions
from operations.alerts.rules.actions import OPERATORS, RuleOwner, RuleRefused
from operations.alerts.rules.serializers import (
    DraftRequest,
    RuleChange,
    RuleKindOut,
    RuleOut,
    RuleRequest,
    TrialOut,
    describe_kinds,
    describe_trial,
)
from operations.models import AlertRule
from operations.models.alert_rules import RIGHT
from users.api_tokens.access import token_access
from users.http import current_user
from users.rest import REASON, Conflict, OwnRows, StaffRight
from users.throttling import UserRate

UNSAVED = 0  # the number of a rule that is only tried


class RuleTrialRate(UserRate):
    """Throttle trials: each asks the database what the rule asks it every few seconds."""

    scope = "rule_trial"
    rate = "60/min"


class RuleViewSet(OwnRows[AlertRule]):
    """Actions on rules, the same for users and operators."""

    queryset = AlertRule.objects.all()
    serializer_class = RuleOut

    def find_owner(self) -> RuleOwner:
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[AlertRule]:
        if getattr(self, "swagger_fake_view", False):
            return AlertRule.objects.none()
        return self.find_owner().list_rules()

    @extend_schema(request=RuleRequest, responses={201: RuleOut, 400: REASON, 409: REASON})
    def create(self, request: Request) -> Response:
        """Add a rule. It is evaluated every ten seconds from now on."""
        fields = _read_body(RuleRequest, request)
        kind, conditions = fields.pop("kind"), fields.pop("conditions", {})
        rule = _refuse_in_words(
            lambda: actions.create_rule(
                self.find_owner(), kind, conditions, now=timezone.now(), **fields
            )
        )
        return Response(RuleOut(rule).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=RuleChange, responses={200: RuleOut, 400: REASON, 404: REASON})
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change or switch it. Other conditions, or switching it off, end its alerts."""
        rule_id = self.get_object().pk
        fields = _read_body(RuleChange, request)
        rule = _refuse_in_words(
            lambda: actions.change_rule(self.find_owner(), rule_id, now=timezone.now(), **fields)
        )
        return Response(RuleOut(rule).data)

    @extend_schema(request=None, responses={204: None, 404: REASON, 409: REASON})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete it; its alerts end. A rule that came with Fillwatch can only be switched off."""
        rule_id = self.get_object().pk
        _refuse_in_words(
            lambda: actions.delete_rule(self.find_owner(), rule_id, now=timezone.now())
        )
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={200: TrialOut, 404: REASON, 429: REASON})
    @action(detail=True, methods=["post"], throttle_classes=[RuleTrialRate])
    def test(self, request: Request, pk: str) -> Response:
        """Tell whether its condition holds now, and why. Nothing is raised."""
        return _show_trial(self.get_object())

    @extend_schema(request=DraftRequest, responses={200: TrialOut, 400: REASON, 429: REASON})
    @action(
        detail=False,
        methods=["post"],
        url_path="test-draft",
        throttle_classes=[RuleTrialRate],
        pagination_class=None,
    )
    def test_draft(self, request: Request) -> Response:
        """Tell whether a rule that is not kept would fire now, and why."""
        fields = _read_body(DraftRequest, request)
        rule = _refuse_in_words(
            lambda: actions.draft_rule(
                self.find_owner(),
                fields["kind"],
                fields.get("conditions", {}),
                now=timezone.now(),
                pk=UNSAVED,
            )
        )
        return _show_trial(rule)

    @extend_schema(responses={200: RuleKindOut(many=True)})
    @action(detail=False, pagination_class=None)
    def kinds(self, request: Request) -> Response:
        """List the kinds of rules and the conditions that each one takes."""
        listed = describe_kinds(self.find_owner().list_kinds())
        return Response(RuleKindOut(listed, many=True).data)


@extend_schema(tags=["alerts"])
@token_access(GET="read", POST="trade", PATCH="trade", DELETE="trade", key_tokens=False)
class OwnRuleViewSet(RuleViewSet):
    """Your alert rules, newest first."""

    def find_owner(self) -> RuleOwner:
        return RuleOwner(current_user(self.request).pk)


@extend_schema(tags=["operators"])
@token_access(GET="operate", POST="operate", PATCH="operate", DELETE="operate", key_tokens=False)
class OperatorRuleViewSet(RuleViewSet):
    """The alert rules of operators, newest first; staff with the permission share them."""

    permission_classes = [StaffRight]
    right = f"operations.{RIGHT}"

    def find_owner(self) -> RuleOwner:
        return OPERATORS


def _read_body(serializer: Any, request: Request) -> dict[str, Any]:
    body = serializer(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def _show_trial(rule: AlertRule) -> Response:
    trial = describe_trial(rule, try_rule(rule, now=timezone.now()))
    return Response(TrialOut(trial).data)


def _refuse_in_words(act: Any) -> Any:
    try:
        return act()
    except BadConditions as bad:
        errors = {name: [text] for name, text in bad.errors.items()}
        raise ValidationError({"conditions": errors}) from None
    except actions.UnknownKind as unknown:
        raise ValidationError({"kind": [str(unknown)]}) from None
    except RuleRefused as refused:
        raise Conflict(str(refused)) from None
