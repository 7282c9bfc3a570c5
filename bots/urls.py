"""Addresses of the API of bots and signals."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from bots.api import BotViewSet, strategies
from bots.logs_api import LineViewSet
from bots.signals_api import SignalViewSet

router = SimpleRouter()
router.register("bots", BotViewSet, basename="api-bot")
router.register("logs", LineViewSet, basename="api-log")
router.register("signals", SignalViewSet, basename="api-signal")

urlpatterns = [path("strategies/", strategies, name="api-strategies"), *router.urls]
