"""Settings of notifications, Telegram and Web Push: docs/notifications.md. Part of settings.py."""

import environ

from config.launcher import home

_env = environ.Env()
_home = home.folder()
_role = _env.str("FILLWATCH_ROLE", "command")

NOTIFICATION_ALLOW_NETWORKS = _env.list("NOTIFICATION_ALLOW_NETWORKS", default=[])  # internal ones
NOTIFICATION_LEASE_SECONDS = _env.float("NOTIFICATION_LEASE_SECONDS", 60.0)  # then another may send
NOTIFICATION_DAYS = _env.float("NOTIFICATION_DAYS", 30.0)  # of messages that were sent or given up
NOTIFICATION_RATES = {  # messages a minute by each way of a kind
    "apprise": _env.int("NOTIFICATION_RATE_APPRISE", 20),
    "telegram": _env.int("NOTIFICATION_RATE_TELEGRAM", 20),
    "web_push": _env.int("NOTIFICATION_RATE_WEB_PUSH", 60),
    "webhook": _env.int("NOTIFICATION_RATE_WEBHOOK", 3000),
}
TELEGRAM_BOT_TOKEN = _env.str("TELEGRAM_BOT_TOKEN", "")
TELEGRAM_API_URL = _env.str("TELEGRAM_API_URL", "https://api.telegram.org")
_vapid_private, _vapid_public = (_home / f"vapid-{half}" for half in ("private", "public"))
VAPID_PUBLIC_KEY = _env.str("VAPID_PUBLIC_KEY", "")
VAPID_PRIVATE_KEY = _env.str("VAPID_PRIVATE_KEY", "")
VAPID_SUBJECT = _env.str("VAPID_SUBJECT", "")  # mailto: or https:, for the browsers' services
if not VAPID_PUBLIC_KEY and _vapid_public.exists():
    VAPID_PUBLIC_KEY = _vapid_public.read_text().strip()
if not VAPID_PRIVATE_KEY and _role == "worker" and _vapid_private.exists():
    VAPID_PRIVATE_KEY = _vapid_private.read_text().strip()
