"""URLs of accounts: pages and API."""

from django.contrib.auth import views
from django.urls import path, reverse_lazy

from users import api, me_api, preferences_page
from users.sign_in_limits import limit_sign_ins

urlpatterns = [
    path(
        "sign-in/",
        limit_sign_ins(
            views.LoginView.as_view(
                template_name="users/sign_in.html", redirect_authenticated_user=True
            )
        ),
        name="sign-in",
    ),
    path("sign-out/", views.LogoutView.as_view(), name="sign-out"),
    path(
        "password/",
        views.PasswordChangeView.as_view(
            template_name="users/password.html", success_url=reverse_lazy("orders")
        ),
        name="change-password",
    ),
    path("preferences/", preferences_page.edit_preferences, name="preferences"),
    path("api/v1/me/", me_api.show_me, name="api-me"),
    path("api/v1/auth/token/", api.ObtainTokenView.as_view(), name="token"),
    path("api/v1/auth/token/refresh/", api.RefreshTokenView.as_view(), name="token-refresh"),
    path("api/v1/auth/token/blacklist/", api.BlacklistTokenView.as_view(), name="token-blacklist"),
]
