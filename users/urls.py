"""URLs of accounts: pages and API. The views of accounts are allauth's, those wanted by name."""

from allauth.account import views as account
from allauth.socialaccount import views as provider
from django.urls import include, path, re_path

from users import api, me_api, preferences_page
from users.api_tokens import api as api_tokens_api
from users.api_tokens import pages as api_tokens
from users.invitations import api as invitations_api
from users.invitations import pages as invitations
from users.sessions import api as sessions_api
from users.sessions import pages as sessions
from users.sign_in import pages as sign_in
from users.sign_in.features import with_mail, with_provider
from users.sign_in_limits import limit_sign_ins

urlpatterns = [
    path("sign-in/", limit_sign_ins(account.login), name="account_login"),
    path("sign-in/again/", sign_in.sign_in_again, name="sign-in-again"),
    path("sign-in/inactive/", account.account_inactive, name="account_inactive"),
    path("sign-out/", account.logout, name="account_logout"),
    path("sign-up/", account.signup, name="account_signup"),
    path("invitation/<str:token>/", invitations.follow_invitation, name="invitation"),
    path("confirm/", sign_in.confirm_identity, name="confirm-identity"),
    path(
        "confirm/password/", limit_sign_ins(account.reauthenticate), name="account_reauthenticate"
    ),
    path("password/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/reset/", with_mail(account.password_reset), name="account_reset_password"),
    path("password/reset/sent/", account.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/changed/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("email/", with_mail(account.email), name="account_email"),
    path("email/sent/", account.email_verification_sent, name="account_email_verification_sent"),
    re_path(r"^email/(?P<key>[-:\w]+)/$", account.confirm_email, name="account_confirm_email"),
    path("second-factor/", include("allauth.mfa.urls")),
    path("", include("allauth.socialaccount.providers.openid_connect.urls")),
    path("provider/", with_provider(provider.connections), name="socialaccount_connections"),
    path("provider/sign-up/", provider.signup, name="socialaccount_signup"),
    path("provider/cancelled/", provider.login_cancelled, name="socialaccount_login_cancelled"),
    path("provider/error/", provider.login_error, name="socialaccount_login_error"),
    path("sessions/", sessions.show_sessions, name="sessions"),
    path("sessions/end-all/", sessions.end_all, name="sessions-end-all"),
    path("sessions/<str:row_id>/end/", sessions.end_session, name="session-end"),
    path("preferences/", preferences_page.edit_preferences, name="preferences"),
    path("preferences/theme/", preferences_page.choose_theme, name="theme"),
    path("api-tokens/", api_tokens.show_tokens, name="api-tokens"),
    path("api-tokens/<int:pk>/revoke/", api_tokens.revoke, name="api-token-revoke"),
    path("api/v1/api-tokens/", api_tokens_api.list_or_create, name="api-api-tokens"),
    path("api/v1/api-tokens/current/", api_tokens_api.show_current, name="api-api-token-current"),
    path("api/v1/api-tokens/<int:pk>/", api_tokens_api.revoke, name="api-api-token"),
    path("api/v1/me/", me_api.show_me, name="api-me"),
    path("api/v1/invitations/", invitations_api.create_invitation, name="api-invitations"),
    path("api/v1/sessions/", sessions_api.list_sessions, name="api-sessions"),
    path(
        "api/v1/sessions/sign-out-everywhere/",
        sessions_api.sign_out_everywhere,
        name="api-sign-out-everywhere",
    ),
    path("api/v1/sessions/<str:row_id>/", sessions_api.end_session, name="api-session"),
    path("api/v1/auth/token/", api.ObtainTokenView.as_view(), name="token"),
    path("api/v1/auth/token/refresh/", api.RefreshTokenView.as_view(), name="token-refresh"),
    path("api/v1/auth/token/blacklist/", api.BlacklistTokenView.as_view(), name="token-blacklist"),
]
