"""Market control by API: for staff with a permission, and for the simulated venue only."""

from typing import Any, NoReturn

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ReadOnlyModelViewSet

from exchanges.paper import SimulatorRefused, SimulatorUnavailable
from operations.market_control import faults, prices, scenarios, sessions, simulator
from operations.market_control import serializers as shapes
from operations.models import MarketChange, MarketScenario, MarketSession
from operations.models.market_control import RIGHT
from users.api_tokens.access import token_access
from users.http import current_user
from users.rest import REASON, Conflict, NewestFirst
from users.strict.views import KnownParametersOnly
from users.throttling import UserRate

ERRORS = {400: REASON, 403: REASON, 404: REASON, 409: REASON, 503: REASON}
CONFLICTS = (
    *(scenarios.ScenarioProtected, scenarios.ScenarioActive, scenarios.DuplicateScenario),
    *(sessions.SessionConflict, simulator.SwitchedOff),
)


class VenueUnavailable(APIException):
    status_code = 503
    default_code = "no_answer"


class MarketRate(UserRate):
    scope = "market_control"
    rate = "120/min"


class MayControlMarket(IsAdminUser):
    """Let in staff with the permission to turn the simulated markets."""

    message = f"This needs the permission operations.{RIGHT}."

    def has_permission(self, request: Request, view: APIView) -> bool:
        right = f"operations.{RIGHT}"
        return super().has_permission(request, view) and request.user.has_perm(right)


@token_access(GET="operate", POST="operate", PATCH="operate", DELETE="operate", key_tokens=False)
class MarketControlView(KnownParametersOnly):
    permission_classes = [MayControlMarket]
    throttle_classes = [MarketRate]

    def handle_exception(self, exc: Exception) -> Response:
        try:
            _translate_error(exc)
        except APIException as translated:
            exc = translated
        return super().handle_exception(exc)


def _translate_error(error: Exception) -> None:
    match error:
        case SimulatorRefused():
            _refuse(error.reason)
        case SimulatorUnavailable():
            raise VenueUnavailable(str(error))
        case simulator.LiveInstrument():
            raise ValidationError({"instrument": [str(error)]})
        case prices.BadPrice():
            raise ValidationError({"price": [str(error)]})
        case _ if isinstance(error, CONFLICTS):
            raise Conflict(str(error))


def _refuse(reason: str) -> NoReturn:
    raise ValidationError({"non_field_errors": [reason]})


def _read_input(serializer: Any) -> Any:
    serializer.is_valid(raise_exception=True)
    return serializer


@extend_schema(tags=["market control"])
class MarketsView(MarketControlView):
    @extend_schema(responses={200: shapes.MarketsOut, **ERRORS})
    def get(self, request: Request) -> Response:
        """Show the simulated markets: prices, how they walk, and what is planned."""
        return Response(shapes.MarketsOut(sessions.read_overview()).data)


@extend_schema(tags=["market control"])
class PriceView(MarketControlView):
    @extend_schema(request=shapes.PriceChange, responses={200: shapes.PriceOut, **ERRORS})
    def post(self, request: Request) -> Response:
        """Set a price to the last digit, at once or in equal steps."""
        given = _read_input(shapes.PriceChange(data=request.data)).validated_data
        answer = prices.set_price(current_user(request), **given)
        return Response(shapes.PriceOut(answer).data)


@extend_schema(tags=["market control"])
class RegimeView(MarketControlView):
    @extend_schema(request=shapes.RegimeChange, responses={200: shapes.RegimeOut, **ERRORS})
    def post(self, request: Request) -> Response:
        """Set how prices walk: volatility, trend and volume; what is left out stays."""
        given = _read_input(shapes.RegimeChange(data=request.data))
        instruments = given.validated_data["instruments"]
        answer = prices.set_regime(
            current_user(request), instruments=instruments, regime=given.regime()
        )
        return Response(shapes.RegimeOut(answer).data)


@extend_schema(tags=["market control"])
class PlansView(MarketControlView):
    @extend_schema(request=None, responses={200: shapes.ClearedOut, **ERRORS})
    def delete(self, request: Request) -> Response:
        """Call off every move that is still to come."""
        return Response(shapes.ClearedOut(prices.call_off_plans(current_user(request))).data)


@extend_schema(tags=["market control"])
class FaultsView(MarketControlView):
    @extend_schema(responses={200: shapes.FaultsOut, **ERRORS})
    def get(self, request: Request) -> Response:
        """List the active faults, and all kinds with their effects."""
        return Response(shapes.FaultsOut(faults.list_faults()).data)

    @extend_schema(request=shapes.NewFault, responses={201: shapes.FaultOut, **ERRORS})
    def post(self, request: Request) -> Response:
        """Have the simulated venue do something wrong."""
        fault = _read_input(shapes.NewFault(data=request.data)).fault()
        answer = {"fault": faults.set_fault(current_user(request), fault)}
        return Response(shapes.FaultOut(answer).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses={200: shapes.ClearedOut, **ERRORS})
    def delete(self, request: Request) -> Response:
        """Clear all faults."""
        answer = {"cleared": faults.clear_faults(current_user(request))}
        return Response(shapes.ClearedOut(answer).data)


@extend_schema(tags=["market control"])
class FaultView(MarketControlView):
    @extend_schema(
        operation_id="v1_market_control_fault_clear",
        request=None,
        responses={200: shapes.ClearedOut, **ERRORS},
    )
    def delete(self, request: Request, fault_id: int) -> Response:
        """Clear one fault."""
        answer = {"cleared": faults.clear_faults(current_user(request), fault_id)}
        return Response(shapes.ClearedOut(answer).data)


@extend_schema(tags=["market control"])
class ScenarioViewSet(MarketControlView, ReadOnlyModelViewSet[MarketScenario]):
    """Kinds of market that are switched on and off; one runs at a time."""

    queryset = MarketScenario.objects.none()
    serializer_class = shapes.MarketScenarioOut
    pagination_class = None
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> QuerySet[MarketScenario]:
        return scenarios.list_scenarios()

    @extend_schema(
        request=shapes.ScenarioFields, responses={201: shapes.MarketScenarioOut, **ERRORS}
    )
    def create(self, request: Request) -> Response:
        given = _read_input(shapes.ScenarioFields(data=request.data)).validated_data
        scenario = scenarios.save_scenario(current_user(request), MarketScenario(), given)
        return Response(self.get_serializer(scenario).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        request=shapes.ScenarioFields, responses={200: shapes.MarketScenarioOut, **ERRORS}
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        scenario = self.get_object()
        given = _read_input(shapes.ScenarioFields(data=request.data, partial=True))
        scenarios.save_scenario(current_user(request), scenario, given.validated_data)
        return Response(self.get_serializer(scenario).data)

    @extend_schema(request=None, responses={204: None, **ERRORS})
    def destroy(self, request: Request, pk: str) -> Response:
        scenarios.delete_scenario(current_user(request), self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={200: shapes.MarketScenarioOut, **ERRORS})
    @action(detail=True, methods=["post"])
    def activate(self, request: Request, pk: str) -> Response:
        """Switch it on, and the one that runs off."""
        scenario = scenarios.activate_scenario(current_user(request), self.get_object())
        return Response(self.get_serializer(scenario).data)

    @extend_schema(request=None, responses={200: shapes.MarketScenarioOut, **ERRORS})
    @action(detail=True, methods=["post"])
    def deactivate(self, request: Request, pk: str) -> Response:
        """Have its markets walk as usual; prices stay where they are."""
        scenario = scenarios.deactivate_scenario(current_user(request), self.get_object())
        return Response(self.get_serializer(scenario).data)


@extend_schema(tags=["market control"])
class SessionViewSet(MarketControlView, ReadOnlyModelViewSet[MarketSession]):
    """Recordings of what operators changed; one is open at a time."""

    queryset = MarketSession.objects.all()
    serializer_class = shapes.MarketSessionOut
    pagination_class = NewestFirst
    lookup_value_regex = "[0-9]{1,18}"

    @extend_schema(request=shapes.NewSession, responses={201: shapes.MarketSessionOut, **ERRORS})
    def create(self, request: Request) -> Response:
        """Start to record, from a snapshot of prices and accounts."""
        name = _read_input(shapes.NewSession(data=request.data)).validated_data["name"]
        session = sessions.start_session(current_user(request), name)
        return Response(self.get_serializer(session).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses={200: shapes.MarketSessionOut, **ERRORS})
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str) -> Response:
        session = sessions.stop_session(current_user(request), self.get_object())
        return Response(self.get_serializer(session).data)

    @extend_schema(request=None, responses={202: shapes.ReplayOut, **ERRORS})
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: str) -> Response:
        """Make its changes again, each at its time since the start."""
        steps = sessions.replay_session(current_user(request), self.get_object())
        return Response(shapes.ReplayOut({"steps": steps}).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses={200: shapes.ResetOut, **ERRORS})
    @action(detail=True, methods=["post"])
    def reset(self, request: Request, pk: str) -> Response:
        """Go back to its snapshot. All simulated orders are cancelled."""
        answer = sessions.reset_session(current_user(request), self.get_object())
        return Response(shapes.ResetOut(answer).data)

    @extend_schema(request=None, responses={200: shapes.MarketSessionOut, **ERRORS})
    @action(detail=True, methods=["post"])
    def snapshot(self, request: Request, pk: str) -> Response:
        """Keep prices and accounts as they are now, instead of as they were at the start."""
        session = sessions.take_snapshot(current_user(request), self.get_object())
        return Response(self.get_serializer(session).data)


@extend_schema(tags=["market control"])
class ChangeViewSet(MarketControlView, ReadOnlyModelViewSet[MarketChange]):
    """Changes of the markets: by whom, when, with what outcome; the newest first."""

    queryset = MarketChange.objects.all()
    serializer_class = shapes.MarketChangeOut
    pagination_class = NewestFirst
    lookup_value_regex = "[0-9]{1,18}"
