"""Addresses of the orders API."""

from rest_framework.routers import SimpleRouter

from orders.api import FillViewSet, OrderViewSet

router = SimpleRouter()
router.register("orders", OrderViewSet, basename="api-order")
router.register("fills", FillViewSet, basename="api-fill")

urlpatterns = router.urls
