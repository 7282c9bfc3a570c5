"""Addresses of the API of bots and signals."""

from rest_framework.routers import SimpleRouter

from bots.signals_api import SignalViewSet

router = SimpleRouter()
router.register("signals", SignalViewSet, basename="api-signal")

urlpatterns = router.urls
