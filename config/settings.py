"""All settings, each from the environment; unset ones suit one machine and one command."""

import sys
import tomllib
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import environ
import structlog
from csp.constants import NONE, SELF

from config import logs
from config.beat_schedule import make_schedule
from config.database import limits
from config.launcher import home
from config.redis_setup import cache, urls
from config.static_files import libraries as static_libraries

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(BASE_DIR / ".env")
VERSION = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]

# Who we are
FILLWATCH_HOME = home.folder()
FILLWATCH_URL = env.str("FILLWATCH_URL", "http://127.0.0.1:8000")
FILLWATCH_ROLE = env.str("FILLWATCH_ROLE", "command")  # web, worker, beat, stream, or a command
_public = urlsplit(FILLWATCH_URL)
HTTPS = _public.scheme == "https"
DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "") or home.read_secret("secret-key")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[_public.hostname, "127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS = env.list(
    "CSRF_TRUSTED_ORIGINS", default=[f"{_public.scheme}://{_public.netloc}"]
)

INSTALLED_APPS = [
    "config",
    "operations",
    "bots",
    "orders",
    "exchanges",
    "realtime",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "users",
    # Makes runserver serve sockets too; the other processes start quicker without Twisted.
    *(["daphne"] if sys.argv[1:2] == ["runserver"] else []),
    "config.admin_site.OperatorsAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "channels",
    "corsheaders",
    "csp",
    "django_celery_beat",
    "django_filters",
    "django_structlog",
    "drf_spectacular",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # after WhiteNoise, whose files are compressed
    "config.server.middleware.forbid_storing",
    "csp.middleware.CSPMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.api.slashes.SafeSlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "users.languages.middleware.speak_language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "operations.audit.middleware.audit_request",
    "config.server.middleware.RequestLog",
    "axes.middleware.AxesMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "users.sessions.activity.note_activity",
    "users.number_format.middleware.use_number_format",
    "users.sign_in.outage.explain_redis_outage",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "operations.messages.page_header.header_context",
                "users.sign_in.features.features_context",
            ]
        },
    }
]

# Postgres and Redis: the embedded ones unless told otherwise
DATABASE_URL = env.str("DATABASE_URL", "")
DATABASES = {"default": env.db_url_config(DATABASE_URL or home.postgres_url())}
DATABASES["default"].setdefault("OPTIONS", {})  # the name shows in pg_stat_activity
DATABASES["default"]["OPTIONS"].setdefault("application_name", f"fillwatch {FILLWATCH_ROLE}")
_limits = limits.read_limits(env, FILLWATCH_ROLE)
DATABASE_ANSWER_SECONDS, DATABASE_STATEMENT_SECONDS = _limits.answer, _limits.statement
_url_options = DATABASES["default"]["OPTIONS"].get("options", "")  # of DATABASE_URL, which wins
if _options := f"{_limits.to_options()} {_url_options}".strip():
    DATABASES["default"]["OPTIONS"]["options"] = _options
if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    DATABASES["default"]["ENGINE"] = "config.database"
    for _name, _value in _limits.to_parameters().items():
        DATABASES["default"]["OPTIONS"].setdefault(_name, _value)
if FILLWATCH_ROLE == "web":  # many threads there; the other processes keep one connection each
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": env.int("DATABASE_POOL_SIZE", 10),
        "timeout": env.float("DATABASE_POOL_SECONDS", 1.0),
        "reconnect_timeout": 1.0,  # or a pool tries again only after as long as the outage lasted
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 300
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # a cut connection costs nobody their request
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.str("REDIS_URL", "") or home.redis_url()
CACHES = {
    "default": {
        "BACKEND": "config.redis_setup.cache.ImpatientCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "fillwatch",
        "OPTIONS": {"pool_class": "config.redis_setup.cache_pool.SharedPool", **cache.OPTIONS},
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "realtime.layer.BatchingChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "fillwatch"},
    }
}
REALTIME = {  # of the sockets; see realtime/socket/protocol.py
    "HEARTBEAT_SECONDS": env.float("REALTIME_HEARTBEAT_SECONDS", 25.0),
    "SILENCE_SECONDS": env.float("REALTIME_SILENCE_SECONDS", 35.0),
    "AUTH_SECONDS": env.float("REALTIME_AUTH_SECONDS", 10.0),
    "SEND_SECONDS": env.float("REALTIME_SEND_SECONDS", 10.0),
    "SWEEP_SECONDS": env.float("REALTIME_SWEEP_SECONDS", 0.9),
    "EXPIRY_WARNING_SECONDS": env.float("REALTIME_EXPIRY_WARNING_SECONDS", 60.0),
    "EXPIRY_GRACE_SECONDS": env.float("REALTIME_EXPIRY_GRACE_SECONDS", 25.0),
    "AGE_SECONDS": env.float("REALTIME_AGE_SECONDS", 12 * 3600.0),
    "USER_SOCKETS": env.int("REALTIME_USER_SOCKETS", 20),  # over all servers; 0: any
    "CONNECTS_PER_MINUTE": env.int("REALTIME_CONNECTS_PER_MINUTE", 60),  # by address; 0: no limit
    "KEEP_DAYS": env.float("REALTIME_KEEP_DAYS", 7.0),  # of events, for clients that come back
}
METRICS_TOKEN = env.str("METRICS_TOKEN", "")  # for /metrics; without one there is no such page
CANARY_SECONDS = env.float("CANARY_SECONDS", 30.0)  # between two events of `manage.py canary`
REALTIME_DELAYS = "operations.health.delays.find_delays"  # what of these users' data is late
DELAY_SECONDS = env.float("DELAY_SECONDS", 12.0)  # so late, and pages say so; a restart takes less
STATUS_PAGE = env.bool("STATUS_PAGE", False)  # for anybody, below /status/
HEALTH_LATE_SECONDS = env.float("HEALTH_LATE_SECONDS", 30.0)  # see operations/health/late.py
ALERT_LATE_SECONDS = env.float("ALERT_LATE_SECONDS", 20.0)  # see operations/alerts/standby.py
REALTIME_HEALTH = "operations.health.present.list_changes"  # news of services, for operators
REALTIME_INSTRUMENTS = "exchanges.prices.instrument_search.filter_known"  # which can be watched
MARKET_INSTRUMENTS = env.int("MARKET_INSTRUMENTS", 200)  # of one venue's market, by all together
MARKET_ANONYMOUS_SHARE = env.float("MARKET_ANONYMOUS_SHARE", 0.25)  # of these, without signing in
MARKET_STALE_SECONDS = env.float("MARKET_STALE_SECONDS", 30.0)  # a price not heard of for so long

# Who may come in
AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
PASSWORD_HASHERS = ["users.password_hashing.QueuedPasswordHasher"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "orders"
LOGOUT_REDIRECT_URL = "account_login"
AXES_FAILURE_LIMIT = env.int("LOGIN_FAILURE_LIMIT", 5)
AXES_COOLOFF_TIME = timedelta(minutes=env.int("LOGIN_LOCKOUT_MINUTES", 15))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # or nobody could say how long to wait
AXES_LOCKOUT_CALLABLE = "users.lockout.answer_locked_out"
AXES_CLIENT_IP_CALLABLE = "users.addresses.client_network"
AXES_CLIENT_STR_CALLABLE = "users.addresses.describe_client"
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "login", "code", "oldpassword"]

from config.account_settings import *  # noqa: E402, F403 (reads .env too, so only now)
from config.notification_settings import *  # noqa: E402, F403

SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=env.int("ACCESS_TOKEN_MINUTES", 15)),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=env.int("REFRESH_TOKEN_DAYS", 14)),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "UPDATE_LAST_LOGIN": True,
    "CHECK_REVOKE_TOKEN": True,
    "CHECK_USER_IS_ACTIVE": True,
}

# Headers
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "base-uri": [SELF],
        # Browsers check where a form is redirected too.
        "form-action": [SELF, *OIDC_ORIGINS],  # noqa: F405
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", 31_536_000) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_TLS_PROXY", False) else None
)
X_FRAME_OPTIONS = "DENY"
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024

from config.api_settings import *  # noqa: E402, F403 (reads .env too)

# Background work
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", "") or urls.celery_url(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
# Acknowledged when taken up: what a killed worker had in hand is in the database, and the sweep
# hands it on again within seconds; the queue would do so only after its visibility timeout.
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_POOL = "threads"  # tasks wait for venues; ccxt and its sessions are held once
CELERY_WORKER_CONCURRENCY = env.int("WORKER_THREADS", 8)
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "max_retries": 1,  # a request must not wait for a broker that is away: the sweep hands on
    "interval_start": 0,
    "global_keyprefix": "fillwatch:celery:",
    "socket_keepalive": True,
}
# Workers wait for the broker. People do not, nor do the threads that follow the venues.
if FILLWATCH_ROLE in ("web", "command", "stream"):
    CELERY_BROKER_TRANSPORT_OPTIONS |= {"socket_timeout": 1.0, "socket_connect_timeout": 1.0}
if FILLWATCH_ROLE == "beat":  # less than BEAT_LEASE_SECONDS: no other beat would fare better
    CELERY_BROKER_TRANSPORT_OPTIONS |= {"socket_timeout": 5.0, "socket_connect_timeout": 5.0}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_BEAT_SCHEDULER = "config.beat_scheduler:ProtectedScheduler"
BEAT_LEASE_SECONDS = env.float("BEAT_LEASE_SECONDS", 15.0)  # a beat silent for so long is replaced
BEAT_HANG_SECONDS = env.float("BEAT_HANG_SECONDS", 30.0)  # a beat that hangs for so long ends
BACKUP_FOLDER = env.str("BACKUP_FOLDER", str(FILLWATCH_HOME / "backups"))
BACKUP_KEEP_DAYS = env.int("BACKUP_KEEP_DAYS", 7)  # the newest backup of so many days is kept
BACKUP_KEEP_WEEKS = env.int("BACKUP_KEEP_WEEKS", 4)  # and the newest of so many weeks
BACKUP_PUBLIC_KEY = env.str("BACKUP_PUBLIC_KEY", "")  # backups are encrypted to it
JOB_HISTORY_RUNS = env.int("JOB_HISTORY_RUNS", 1000)  # of each job, that are kept
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 3.0  # a told worker finishes what takes less than this
ORDER_CHECK_SECONDS = env.float("ORDER_CHECK_SECONDS", 5.0)
SURVEY_SECONDS = env.float("SURVEY_SECONDS", 300.0)  # between two readings of a key's whole lists
PNL_METHOD = env.str("PNL_METHOD", "fifo")  # or "average": what is sold first, and at what cost
LOG_DAYS = env.float("LOG_DAYS", 90.0)  # of the activity log, and of emergencies that are over
RECORD_DAYS = env.float("RECORD_DAYS", 365.0)  # of what operators did, and of alerts that are over
REPORT_DAYS = env.float("REPORT_DAYS", 1095.0)  # daily and weekly reports, after their period
SIGNAL_DAYS = env.float("SIGNAL_DAYS", 365.0)  # signals of others, after what became of them
# Orders worth this are asked about first; 0: the largest of each user.
HIGH_VALUE = Decimal(env.str("HIGH_VALUE", "0"))
INCOME_SECONDS = env.float("INCOME_SECONDS", 300.0)  # between two looks at a key's statement
HOLDINGS_SECONDS = env.float("HOLDINGS_SECONDS", 60.0)  # between two looks at what a key holds
WORTH_SECONDS = env.float("WORTH_SECONDS", 300.0)  # between two points of a portfolio's curve
ORDER_CHECK_QUEUE = env.str("ORDER_CHECK_QUEUE", "monitor")
CELERY_TASK_ROUTES = {
    name: {"queue": ORDER_CHECK_QUEUE} for name in ("orders.check_pending", "orders.renew_switches")
}
CELERY_BEAT_SCHEDULE = make_schedule(
    check=ORDER_CHECK_SECONDS,
    full_listing=SURVEY_SECONDS,
    holdings=HOLDINGS_SECONDS,
    portfolio=WORTH_SECONDS,
)

# Venue secrets: sealed with the public half everywhere, opened with private ones by workers only
_seal_private, _seal_public = (FILLWATCH_HOME / f"seal-{half}" for half in ("private", "public"))
SEAL_PUBLIC_KEY = env.str("SEAL_PUBLIC_KEY", "")
SEAL_PRIVATE_KEYS = env.list("SEAL_PRIVATE_KEYS", default=[])
if not SEAL_PUBLIC_KEY and _seal_public.exists():
    SEAL_PUBLIC_KEY = _seal_public.read_text().strip()
if not SEAL_PRIVATE_KEYS and FILLWATCH_ROLE in ("worker", "stream") and _seal_private.exists():
    SEAL_PRIVATE_KEYS = _seal_private.read_text().split()

# Of a venue's limit: what checks may use, and what those of it that only audit a working stream
VENUE_BUDGET_SHARE = env.float("VENUE_BUDGET_SHARE", 0.8)
STREAM_AUDIT_SHARE = env.float("STREAM_AUDIT_SHARE", 0.2)
SURVEY_SHARE = env.float("SURVEY_SHARE", 0.1)  # what whole lists may cost
HOLDINGS_SHARE = env.float("HOLDINGS_SHARE", 0.2)  # and what balances and positions may cost
PRICES_SHARE = env.float("PRICES_SHARE", 0.2)  # and public prices, where no stream tells them
# Venues without an adapter of their own, by ccxt's names: their orders are polled, never streamed.
OTHER_VENUES = env.list("OTHER_VENUES", default=[])
VENUE_TIMEOUT_SECONDS = env.float("VENUE_TIMEOUT_SECONDS", 10.0)
STREAM_PROCESSES = env.int("STREAM_PROCESSES", 1)  # that `manage.py up` starts
WEB_PROCESSES = env.int("WEB_PROCESSES", 1)  # likewise, on one port
FROZEN_PART_SECONDS = env.float("FROZEN_PART_SECONDS", 20.0)  # then it ends a part; 0: never
LIFE_SIGN_FILE = env.str("LIFE_SIGN_FILE", "")  # that it has this process touch each second
# How many streams one address may open in how many seconds, where a venue's own row is not right
STREAM_CONNECTS = env.dict("STREAM_CONNECTS", default={})
STREAM_QUIET_SECONDS = env.float("STREAM_QUIET_SECONDS", 60.0)  # then asking tests a silent stream

# Paper trading: where the simulated venue says how it is reached; empty switches it off
SIMULATOR_ENDPOINT = env.str(
    "SIMULATOR_ENDPOINT", str(FILLWATCH_HOME / "simulator" / "endpoint.json")
)

# Words, time, files, logs
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("vi", "Tiếng Việt"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATICFILES_DIRS = static_libraries.list_folders(BASE_DIR)  # what npm has installed
STATIC_ROOT = env.str("STATIC_ROOT", str(FILLWATCH_HOME / "static"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.static_files.storage.BundledStorage"},
}
# What `collectstatic` has not joined is served file by file, as it lies in the source.
WHITENOISE_USE_FINDERS = not (Path(STATIC_ROOT) / "staticfiles.json").exists()
WHITENOISE_IMMUTABLE_FILE_TEST = r"\.[0-9a-f]{12}\.\w+$|^/static/pages/"  # kept for ever
LOG_FOLDER = env.str("LOG_FOLDER", str(FILLWATCH_HOME / "logs"))  # for the log viewer
_stored_bytes = env.int("LOG_STORE_MB", 100) * 1_000_000  # 0: the log is on stderr alone
LOGGING = logs.logging_config(
    level=env.str("LOG_LEVEL", "INFO"),
    as_json=env.str("LOG_FORMAT", "json") == "json",
    store=logs.LogStore(folder=LOG_FOLDER, service=FILLWATCH_ROLE, total_bytes=_stored_bytes)
    if _stored_bytes and FILLWATCH_ROLE in ("web", "worker", "stream", "beat")
    else None,
)
structlog.configure(**logs.STRUCTLOG)
DJANGO_STRUCTLOG_CELERY_ENABLED = True
