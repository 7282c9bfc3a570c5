"""URLs of the orders API."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from orders.sharing.api import SharedKeyViewSet
from orders.web.api import FillViewSet, OrderViewSet, resync_key
from orders.web.close_api import close_by_symbol
from orders.web.group_api import cancel_group, place_oco, show_group

router = SimpleRouter()
router.register("orders", OrderViewSet, basename="api-order")
router.register("shared-keys", SharedKeyViewSet, basename="api-shared-key")
router.register("fills", FillViewSet, basename="api-fill")

urlpatterns = [
    path("orders/oco/", place_oco, name="api-order-oco"),
    path("orders/groups/<int:pk>/", show_group, name="api-order-group"),
    path("orders/groups/<int:pk>/cancel/", cancel_group, name="api-order-group-cancel"),
    *router.urls,
    path("keys/<int:pk>/resync/", resync_key, name="api-key-resync"),
    path("positions/close/", close_by_symbol, name="api-position-close"),
]
