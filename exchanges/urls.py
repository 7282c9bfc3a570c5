"""Addresses of this app, below /api/v1/."""

from rest_framework.routers import SimpleRouter

from exchanges.api import KeyViewSet

router = SimpleRouter()
router.register("keys", KeyViewSet, basename="key")
urlpatterns = router.urls
