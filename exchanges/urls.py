"""Addresses of this app, below /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from exchanges import leverage_door, markets_api, venues_api
from exchanges.api import KeyViewSet
from exchanges.holdings_api import BalanceViewSet, PositionViewSet

router = SimpleRouter()
router.register("keys", KeyViewSet, basename="key")
router.register("balances", BalanceViewSet, basename="api-balance")
router.register("positions", PositionViewSet, basename="api-position")
router.register("markets", markets_api.MarketViewSet, basename="api-market")
urlpatterns = [
    path("markets/prices/", markets_api.prices, name="api-prices"),
    *router.urls,
    path("keys/<int:pk>/leverage/", leverage_door.by_api, name="api-key-leverage"),
    path("venues/", venues_api.venues, name="api-venues"),
    path(
        "trading/listen-key/<int:key>/",
        venues_api.ListenKeyView.as_view(),
        name="api-listen-key",
    ),
]
