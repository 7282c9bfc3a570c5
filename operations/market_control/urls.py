"""URLs of market control, below /api/v1/market-control/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from operations.market_control import api

router = SimpleRouter()
router.register("scenarios", api.ScenarioViewSet, basename="api-market-scenario")
router.register("sessions", api.SessionViewSet, basename="api-market-session")
router.register("changes", api.ChangeViewSet, basename="api-market-change")

urlpatterns = [
    *router.urls,
    path("markets/", api.MarketsView.as_view(), name="api-market-markets"),
    path("price/", api.PriceView.as_view(), name="api-market-price"),
    path("regime/", api.RegimeView.as_view(), name="api-market-regime"),
    path("plans/", api.PlansView.as_view(), name="api-market-plans"),
    path("faults/", api.FaultsView.as_view(), name="api-market-faults"),
    path("faults/<int:fault_id>/", api.FaultView.as_view(), name="api-market-fault"),
]
