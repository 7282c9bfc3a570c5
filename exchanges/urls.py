"""URLs of this app's API, below /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from exchanges.holdings.api import BalanceViewSet, PositionViewSet
from exchanges.keys import (
    dead_mans_switch_views,
    leverage_views,
    listen_key_views,
    position_mode_views,
)
from exchanges.keys.api import KeyViewSet
from exchanges.limits import api as limits_api
from exchanges.prices import api
from exchanges.sharing.api import GrantViewSet

router = SimpleRouter()
router.register("keys", KeyViewSet, basename="key")
router.register(r"keys/(?P<key_id>[0-9]{1,18})/grants", GrantViewSet, basename="api-grant")
router.register("balances", BalanceViewSet, basename="api-balance")
router.register("positions", PositionViewSet, basename="api-position")
router.register("markets", api.MarketViewSet, basename="api-market")
urlpatterns = [
    path("markets/prices/", api.list_prices, name="api-prices"),
    path("markets/candles/", api.list_candles, name="api-candles"),
    *router.urls,
    path("keys/<int:pk>/leverage/", leverage_views.by_api, name="api-key-leverage"),
    path("keys/<int:pk>/position-mode/", position_mode_views.by_api, name="api-key-position-mode"),
    path("keys/<int:pk>/dead-mans-switch/", dead_mans_switch_views.by_api, name="api-key-switch"),
    path("venues/", limits_api.venues, name="api-venues"),
    path(
        "trading/listen-key/<int:key>/",
        listen_key_views.ListenKeyView.as_view(),
        name="api-listen-key",
    ),
]
