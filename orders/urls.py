"""Addresses of the orders API."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from orders import resync
from orders.api import FillViewSet, OrderViewSet

router = SimpleRouter()
router.register("orders", OrderViewSet, basename="api-order")
router.register("fills", FillViewSet, basename="api-fill")

urlpatterns = [*router.urls, path("keys/<int:pk>/resync/", resync.view, name="api-key-resync")]
