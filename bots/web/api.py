"""Bots by API: made, changed, started, stopped, removed. What is asked for is told by events."""

from collections.abc import Callable

from django.db.models import Prefetch, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action, api_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ReadOnlyModelViewSet

from bots.models import Bot, Mode, PnlBook, StopAll
from bots.running import commands, lifecycle, runner
from bots.running import stop_all as running_stop_all
from bots.strategies import STRATEGIES
from bots.strategies.settings import Wrong, settings_of
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
from users.http import current_user
from users.rest import REASON, Conflict, NewestFirst

READ = ("list", "retrieve")
ASKED = {202: BotOut, 400: REASON, 404: REASON, 409: REASON}


@extend_schema(tags=["bots"])
class BotViewSet(ReadOnlyModelViewSet[Bot]):
    """Your bots. An answer of 202 is a wish: the bot says by an event when it is so."""

    queryset = Bot.objects.none()
    serializer_class = BotOut
    pagination_class = NewestFirst
    filterset_fields = ["mode", "strategy", "symbol", "key"]
    lookup_value_regex = "[0-9]{1,18}"

    def handle_exception(self, exc: Exception) -> Response:
        """One that goes between being found and being locked is as good as gone before."""
        return super().handle_exception(Http404() if isinstance(exc, Bot.DoesNotExist) else exc)

    def get_queryset(self) -> QuerySet[Bot]:
        mine = Bot.objects.filter(user=self.request.user.pk).select_related("key", "user")
        if self.action not in READ:
            return mine
        books = PnlBook.objects.select_related("key").order_by("symbol")
        return mine.prefetch_related(Prefetch("books", books))

    def get_serializer_class(self) -> type[BaseSerializer[Bot]]:
        return WholeBotOut if self.action in READ else BotOut

    @extend_schema(request=NewBot, responses={201: BotOut, 400: REASON})
    def create(self, request: Request) -> Response:
        given = NewBot(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        bot = Bot(user=current_user(request), **given.validated_data)
        bot = _refusing(lambda: commands.create(bot, now=timezone.now()))
        return Response(BotOut(bot).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        request=ChangedBot,
        responses={200: BotOut, 202: BotOut, 400: REASON, 404: REASON, 409: REASON},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Limits and names hold at once; for another symbol, strategy or other settings of it a
        bot that runs is stopped, and started again with them (202)."""
        bot = self.get_object()
        given = ChangedBot(data=request.data, partial=True, context={"request": request})
        given.is_valid(raise_exception=True)
        wanted = given.wanted()
        changed = _refusing(lambda: commands.change(bot.pk, changes=wanted, now=timezone.now()))
        return _as_it_is(changed)

    @extend_schema(responses={202: BotOut, 404: REASON})
    def destroy(self, request: Request, pk: str) -> Response:
        """Removed when its venue has confirmed the end of every order of its."""
        return _as_it_is(lifecycle.remove(self.get_object().pk, now=timezone.now()))

    @extend_schema(request=None, responses=ASKED)
    @action(detail=True, methods=["post"])
    def start(self, request: Request, pk: str) -> Response:
        own = self.get_object().pk
        return _as_it_is(_refusing(lambda: lifecycle.start(own, now=timezone.now())))

    @extend_schema(request=None, responses=ASKED)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str) -> Response:
        """No new orders from now on; stopped when its venue has confirmed the end of the open."""
        return _as_it_is(lifecycle.stop(self.get_object().pk, now=timezone.now()))

    @extend_schema(request=None, responses=ASKED)
    @action(detail=True, methods=["post"])
    def toggle(self, request: Request, pk: str) -> Response:
        """Stop it if it runs, else start it."""
        own = self.get_object().pk
        return _as_it_is(_refusing(lambda: commands.toggle(own, now=timezone.now())))

    @extend_schema(request=Execute, responses=ASKED)
    @action(detail=True, methods=["post"])
    def execute(self, request: Request, pk: str) -> Response:
        """Open a position with a running manual bot's settings; it then protects it."""
        given = Execute(data=request.data)
        given.is_valid(raise_exception=True)
        bot, side = self.get_object(), given.validated_data["side"]
        try:
            runner.enter(bot.pk, side=side, now=timezone.now())
        except lifecycle.NotNow as words:
            raise Conflict(str(words)) from None
        return _as_it_is(self.get_object())

    @extend_schema(request=Bulk, responses={202: BulkOut, 400: REASON})
    @action(detail=False, methods=["post"])
    def bulk(self, request: Request) -> Response:
        """The same for many; what cannot be done for one does not hold up the others."""
        given = Bulk(data=request.data)
        given.is_valid(raise_exception=True)
        wish, user_id, now = given.validated_data, request.user.pk or 0, timezone.now()
        done, refused = commands.in_bulk(
            user_id, wish["ids"], wish["action"], changes=wish.get("changes"), now=now
        )
        answer = {"done": [bot.pk for bot in done], "refused": refused}
        return Response(answer, status=status.HTTP_202_ACCEPTED)


@extend_schema(tags=["bots"], request=None, responses={202: EmergencyOut})
@api_view(["POST"])
def stop_all(request: Request) -> Response:
    """Stop every bot and every order that was placed here. It is over when `ended_at` says so."""
    asked = running_stop_all.stop_all(current_user(request), now=timezone.now())
    return Response(EmergencyOut(asked).data, status=status.HTTP_202_ACCEPTED)


@extend_schema(tags=["bots"], responses={200: EmergencyOut, 404: REASON})
@api_view(["GET"])
def stopped_all(request: Request, pk: int) -> Response:
    """How far it is: what is left, and which venues have not shown yet that nothing is open."""
    asked = get_object_or_404(StopAll, pk=pk, user=current_user(request))
    return Response(EmergencyOut(asked).data)


@extend_schema(tags=["bots"], responses={200: StrategyOut(many=True)})
@api_view(["GET"])
def strategies(request: Request) -> Response:
    """What a bot can do, and which settings each strategy asks for."""
    return Response(
        [
            {
                "name": name,
                "label": strategy.LABEL,
                "settings": [setting_data(one) for one in settings_of(strategy.Settings)],
            }
            for name, strategy in STRATEGIES.items()
        ]
    )


def _refusing(do: Callable[[], Bot]) -> Bot:
    try:
        return do()
    except Wrong as wrong:
        raise ValidationError({name: [words] for name, words in wrong.words.items()}) from None
    except lifecycle.NotNow as words:
        raise Conflict(str(words)) from None


def _as_it_is(bot: Bot) -> Response:
    at_rest = bot.mode in (Mode.STOPPED, Mode.ERROR) and not bot.after_stop
    code = status.HTTP_200_OK if at_rest else status.HTTP_202_ACCEPTED
    return Response(BotOut(bot).data, status=code)
