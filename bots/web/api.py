"""The API of bots: create, change, start, stop and remove. Events report the results."""

import django_filters
from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from bots.models import Bot, Mode, PnlBook, StopAll, Strategy
from bots.running import commands, lifecycle, runner
from bots.running import stop_all as running_stop_all
from bots.strategies.registry import STRATEGIES
from bots.strategies.settings import InvalidSettings, list_settings
from bots.web.serializers import (
    BotOut,
    Bulk,
    BulkOut,
    ChangedBot,
    EmergencyOut,
    Execute,
    NewBot,
    StrategyOut,
    WholeBotOut,
    setting_data,
)
from users.api_tokens.access import filter_by_keys, token_access, token_keys
from users.http import current_user
from users.rest import REASON, Conflict, OwnRows
from users.strict.queries import IdFilter
from users.strict.views import api_view

READ = ("list", "retrieve")
ACCEPTED = {200: BotOut, 202: BotOut, 400: REASON, 404: REASON, 409: REASON}


class BotFilter(django_filters.FilterSet):  # type: ignore[misc]
    mode = django_filters.ChoiceFilter(choices=Mode.choices)
    strategy = django_filters.ChoiceFilter(choices=Strategy.choices)
    symbol = django_filters.CharFilter(lookup_expr="iexact")
    key = IdFilter("key_id")

    class Meta:
        model = Bot
        fields: list[str] = []


@extend_schema(tags=["bots"])
@token_access(GET="read", POST="trade", PATCH="trade", DELETE="trade", key_tokens=True)
class BotViewSet(OwnRows[Bot]):
    """Your bots. After an answer of 202 an event reports when the bot has done it."""

    queryset = Bot.objects.select_related("key", "user")
    serializer_class = BotOut
    filterset_class = BotFilter

    def handle_exception(self, exc: Exception) -> Response:
        match exc:
            case InvalidSettings():
                exc = ValidationError({name: [text] for name, text in exc.errors.items()})
            case lifecycle.CommandRefused():
                exc = Conflict(str(exc))
        return super().handle_exception(exc)

    def get_queryset(self) -> QuerySet[Bot]:
        bots = filter_by_keys(super().get_queryset(), self.request)
        if self.action not in READ:
            return bots
        books = PnlBook.objects.select_related("key").order_by("symbol")
        return bots.prefetch_related(Prefetch("books", books))

    def get_serializer_class(self) -> type[BaseSerializer[Bot]]:
        return WholeBotOut if self.action in READ else BotOut

    @extend_schema(request=NewBot, responses={201: BotOut, 400: REASON})
    def create(self, request: Request) -> Response:
        serializer = NewBot(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        bot = Bot(user=current_user(request), **serializer.validated_data)
        commands.create_bot(bot, now=timezone.now())
        return Response(BotOut(bot).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        request=ChangedBot,
        responses={200: BotOut, 202: BotOut, 400: REASON, 404: REASON, 409: REASON},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Limits and the name change at once. A new symbol, strategy or settings restart a running
        bot (202)."""
        bot = self.get_object()
        serializer = ChangedBot(data=request.data, partial=True, context={"request": request})
        serializer.is_valid(raise_exception=True)
        changes = serializer.given_values()
        return _bot_response(commands.change_bot(bot.pk, changes=changes, now=timezone.now()))

    @extend_schema(request=None, responses={202: BotOut, 404: REASON})
    def destroy(self, request: Request, pk: str) -> Response:
        """Stop the bot; it is deleted once its venue has confirmed the end of all its orders."""
        return _bot_response(lifecycle.remove_bot(self.get_object().pk, now=timezone.now()))

    @extend_schema(request=None, responses=ACCEPTED)
    @action(detail=True, methods=["post"])
    def start(self, request: Request, pk: str) -> Response:
        return _bot_response(lifecycle.start_bot(self.get_object().pk, now=timezone.now()))

    @extend_schema(request=None, responses=ACCEPTED)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str) -> Response:
        """Place no more orders, and cancel the open ones; it has stopped once they have ended."""
        return _bot_response(lifecycle.stop_bot(self.get_object().pk, now=timezone.now()))

    @extend_schema(request=None, responses=ACCEPTED)
    @action(detail=True, methods=["post"])
    def toggle(self, request: Request, pk: str) -> Response:
        """Stop the bot if it runs, else start it."""
        return _bot_response(commands.toggle_bot(self.get_object().pk, now=timezone.now()))

    @extend_schema(request=Execute, responses=ACCEPTED)
    @action(detail=True, methods=["post"])
    def execute(self, request: Request, pk: str) -> Response:
        """Open a position with a running manual bot; the bot then protects it."""
        bot = self.get_object()
        serializer = Execute(data=request.data)
        serializer.is_valid(raise_exception=True)
        side = serializer.validated_data["side"]
        runner.open_position(bot.pk, side=side, now=timezone.now())
        return _bot_response(self.get_object())

    @extend_schema(request=Bulk, responses={202: BulkOut, 400: REASON})
    @action(detail=False, methods=["post"])
    def bulk(self, request: Request) -> Response:
        """Run one command on many bots; a refusal of one does not stop the others."""
        serializer = Bulk(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        data, user_id, now = serializer.validated_data, request.user.pk or 0, timezone.now()
        done, refused = commands.run_in_bulk(
            user_id,
            data["ids"],
            data["action"],
            changes=data.get("changes"),
            key_ids=token_keys(request),
            now=now,
        )
        answer = {"done": [bot.pk for bot in done], "refused": refused}
        return Response(answer, status=status.HTTP_202_ACCEPTED)


@extend_schema(tags=["bots"], request=None, responses={202: EmergencyOut})
@token_access(POST="trade", key_tokens=False)
@api_view(["POST"])
def stop_everything(request: Request) -> Response:
    """Stop every bot and cancel every order placed here. It has ended once `ended_at` is set."""
    stop_request = running_stop_all.stop_all(current_user(request), now=timezone.now())
    return Response(EmergencyOut(stop_request).data, status=status.HTTP_202_ACCEPTED)


@extend_schema(tags=["bots"], responses={200: EmergencyOut, 404: REASON})
@token_access(GET="read", key_tokens=False)
@api_view(["GET"])
def stop_progress(request: Request, pk: int) -> Response:
    """The progress: open orders, and the venues that have not confirmed yet."""
    stop_request = get_object_or_404(StopAll, pk=pk, user=current_user(request))
    return Response(EmergencyOut(stop_request).data)


@extend_schema(tags=["bots"], responses={200: StrategyOut(many=True)})
@token_access(GET="read", key_tokens=True)
@api_view(["GET"])
def list_strategies(request: Request) -> Response:
    """The strategies, with the settings of each."""
    return Response(
        [
            {
                "name": name,
                "label": strategy.LABEL,
                "settings": [setting_data(setting) for setting in list_settings(strategy.Settings)],
            }
            for name, strategy in STRATEGIES.items()
        ]
    )


def _bot_response(bot: Bot) -> Response:
    at_rest = bot.mode in (Mode.STOPPED, Mode.ERROR) and not bot.after_stop
    code = status.HTTP_200_OK if at_rest else status.HTTP_202_ACCEPTED
    return Response(BotOut(bot).data, status=code)
