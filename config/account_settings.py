"""Settings of accounts: django-allauth, mail, and a provider of one's own. Part of settings.py."""

from urllib.parse import urlsplit

import environ

_env = environ.Env()
_public = urlsplit(_env.str("FILLWATCH_URL", "http://127.0.0.1:8000"))

# Accounts: django-allauth, through the adapters in users/sign_in
ACCOUNT_ADAPTER = "users.sign_in.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_VERIFICATION = "none"  # an address is verified when its owner adds it, not before
ACCOUNT_CHANGE_EMAIL = True  # one address for each person
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Fillwatch: "
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _public.scheme
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # before an address is changed: it resets passwords
ACCOUNT_REAUTHENTICATION_METHODS = ("password", "mfa")
# For so long a password, code or passkey is recent enough to attach a key or see a secret.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 60 * _env.int("REAUTHENTICATION_MINUTES", 15)
# Wrong passwords are counted by axes, in the database; these count codes and e-mails, in Redis.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "10/5m/key", "reauthenticate": None}
ACCOUNT_FORMS = {"signup": "users.invitations.forms.SignUpForm"}
MFA_ADAPTER = "users.sign_in.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_TOLERANCE = 1  # the code before and the next one too: clocks differ
MFA_FORMS = {
    "authenticate": "users.sign_in.second_factor.SignInCodeForm",
    "reauthenticate": "users.sign_in.second_factor.RepeatCodeForm",
}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = _public.scheme != "https"  # browsers then want localhost
EMAIL_URL = _env.str("EMAIL_URL", "")  # such as smtp+tls://name:password@smtp.example.org:587
vars().update(_env.email_url_config(EMAIL_URL or "dummymail://"))
DEFAULT_FROM_EMAIL = _env.str("EMAIL_FROM", f"Fillwatch <fillwatch@{_public.hostname}>")
INVITATION_DAYS = _env.int("INVITATION_DAYS", 7)

# Signing in through a provider of your own (OpenID Connect), when its address is set
OIDC_URL = _env.str("OIDC_URL", "")
_provider = urlsplit(OIDC_URL)
# Where its sign-in page is, if that is not where OIDC_URL is
OIDC_ORIGINS = _env.list(
    "OIDC_ORIGINS", default=[f"{_provider.scheme}://{_provider.netloc}"] if OIDC_URL else []
)
OIDC_NAME = _env.str("OIDC_NAME", "single sign-on")
OIDC_SIGN_UP = _env.bool("OIDC_SIGN_UP", False)  # whom the provider knows may come uninvited
SOCIALACCOUNT_ADAPTER = "users.sign_in.provider.ProviderAdapter"
SOCIALACCOUNT_EMAIL_REQUIRED = False
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "provider",
                "name": OIDC_NAME,
                "client_id": _env.str("OIDC_CLIENT_ID", ""),
                "secret": _env.str("OIDC_CLIENT_SECRET", ""),
                "settings": {"server_url": OIDC_URL},
            }
        ]
        if OIDC_URL
        else [],
    }
}
