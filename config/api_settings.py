"""Settings of the API and of its document."""

import environ

_env = environ.Env()

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "users.api_tokens.authentication.ApiTokenAuthentication",
        "users.sign_ins.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.server.json_body.BoundedJSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "config.api.openapi.ApiSchema",
    "DEFAULT_METADATA_CLASS": "config.api.metadata.EndpointMetadata",
    "DEFAULT_THROTTLE_CLASSES": ["users.throttling.UserRate"],
    "DEFAULT_THROTTLE_RATES": {
        "user": _env.str("API_RATE", "1200/min"),
        "anon": "60/min",
        "sign_in": _env.str("SIGN_IN_RATE", "30/min"),  # by address, page and API together
    },
    "NUM_PROXIES": _env.int("PROXY_COUNT", 0),  # else a made-up X-Forwarded-For escapes a throttle
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Fillwatch",
    "DESCRIPTION": "The true state of every order, by HTTP. Money is a string, time is UTC."
    " What changes is told by socket: see [the events](/api/events/).",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.api.openapi.list_refusals",
    ],
    "ENUM_NAME_OVERRIDES": {
        "ReportKindEnum": "operations.models.ReportKind",
        "LevelEnum": ["info", "success", "warning", "error"],
        "NewWayKindEnum": ["apprise", "webhook", "web_push"],
        "WayKindEnum": "operations.models.NotificationWay.WayKind",
        "NotificationCategoryEnum": "operations.models.NotificationCategory",
        "OutboxStatusEnum": "operations.models.OutboxMessage.OutboxStatus",
        "PushedLevelEnum": "operations.models.MessageLevel",
        "AuditActionEnum": "operations.models.audit.AuditAction",
        "AlertLevelEnum": "operations.models.AlertLevel",
        "HealthStatusEnum": "operations.models.HealthStatus",
        "SideEnum": ["buy", "sell"],
        "OrderSideEnum": "orders.models.Side",
        "PositionSideEnum": ["net", "long", "short"],
        "HedgeSideEnum": ["long", "short"],
        "ModeEnum": ["stopped", "running", "stopping", "error"],
        "PositionModeEnum": "exchanges.models.PositionMode",
    },
}
