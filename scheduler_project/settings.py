"""All settings, from the environment."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ImproperlyConfigured

from observability import logs
from outbound.addresses import AllowList, spelled
from scheduler_project.environment import choice, env, postgresql, redis, switch, web_address, whole_number

BASE_DIR = Path(__file__).resolve().parent.parent


def celery_broker(redis_url: str) -> str:
    """A redis-py URL in the form that Kombu reads: unix sockets are spelled differently there."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={database}"


DEBUG = switch("DEBUG")
SECRET_KEY = env.str("SECRET_KEY")
# What they encrypted is still read; `manage.py rotate_keys` writes it anew with SECRET_KEY.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "oauth2_provider",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "api",
    "access",
    "observability",
    "credentials",
    "instances",
    "inventories",
    "jobs",
    "schedules",
    "workflows",
    "notifications",
]

MIDDLEWARE = [
    "observability.health.probes",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "api.middleware.product_headers",
    "api.named_urls.by_name",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "access.held.remembering_while_reading",
]

ROOT_URLCONF = "scheduler_project.urls"
WSGI_APPLICATION = "scheduler_project.wsgi.application"

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
            ],
        },
    },
]

database = postgresql("DATABASE_URL")
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **database,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # A database whose host has vanished is given up in half a minute, not when TCP does.
        "OPTIONS": {
            "connect_timeout": 10,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 30_000,
            **database.get("OPTIONS", {}),
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "access.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTHENTICATION_BACKENDS = ["access.backends.PasswordBackend"]
LOGIN_URL = "/api/login/"
# Wrong passwords within so many seconds after which no more are looked at: access/password_attempts.py.
LOGIN_FAILURES_SECONDS = whole_number("LOGIN_FAILURES_SECONDS", default=300, minimum=1)
LOGIN_FAILURES_PER_ACCOUNT = whole_number("LOGIN_FAILURES_PER_ACCOUNT", default=20, minimum=1)
LOGIN_FAILURES_PER_ADDRESS = whole_number("LOGIN_FAILURES_PER_ADDRESS", default=200, minimum=1)
# The name that AWX's command line is told at login and sends back.
SESSION_COOKIE_NAME = "awx_sessionid"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = switch("SECURE_COOKIES")

OAUTH2_PROVIDER_APPLICATION_MODEL = "access.Application"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "access.AccessToken"  # noqa: S105 - the name of a model
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = "access.RefreshToken"  # noqa: S105
OAUTH2_PROVIDER_GRANT_MODEL = "access.Grant"
# Years that a date cannot have are beyond.
LONGEST_LIFETIME = 100_000_000_000
OAUTH2_PROVIDER = {
    "SCOPES": {"read": "Read what you may read", "write": "Change what you may change"},
    "OAUTH2_VALIDATOR_CLASS": "access.oauth.validator.Validator",
    # A thousand years, as in AWX.
    "ACCESS_TOKEN_EXPIRE_SECONDS": whole_number(
        "OAUTH2_ACCESS_TOKEN_SECONDS", default=31_536_000_000, minimum=1, maximum=LONGEST_LIFETIME
    ),
    "REFRESH_TOKEN_EXPIRE_SECONDS": whole_number(
        "OAUTH2_REFRESH_TOKEN_SECONDS", default=2_628_000, minimum=1, maximum=LONGEST_LIFETIME
    ),
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": whole_number(
        "OAUTH2_AUTHORIZATION_CODE_SECONDS", default=600, minimum=1, maximum=LONGEST_LIFETIME
    ),
    # Whoever uses a refresh token twice has stolen it, or been robbed.
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
}

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
# The languages that AWX speaks; messages of our own are English.
LANGUAGES = [(code, code) for code in ("en", "es", "fr", "ja", "ko", "nl", "zh-hans")]

STATIC_URL = "/static/"
# Where `collectstatic` has put the files of the pages; without it they are served from the packages themselves.
STATIC_ROOT = env.str("STATIC_ROOT", default=None)
WHITENOISE_USE_FINDERS = STATIC_ROOT is None

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "access.authentication.BearerAuthentication",
        "access.authentication.SessionAuthentication",
        "access.authentication.BasicAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["access.permissions.ByRules"],
    "DEFAULT_PARSER_CLASSES": ["api.parsers.JSONObjectParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer", "api.renderers.Pages"],
    "DEFAULT_PAGINATION_CLASS": "api.pagination.Pages",
    "DEFAULT_FILTER_BACKENDS": [
        "access.filters.AccessibleFilter",
        "api.kinds.Types",
        "api.field_lookups.FieldLookups",
        "api.searching.Search",
        "api.ordering.OrderBy",
    ],
    "DEFAULT_METADATA_CLASS": "api.metadata.Metadata",
    "EXCEPTION_HANDLER": "api.errors.handle",
    "NON_FIELD_ERRORS_KEY": "__all__",
    "VIEW_NAME_FUNCTION": "api.documentation.view_name",
    "VIEW_DESCRIPTION_FUNCTION": "api.documentation.view_description",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Belfry",
    "DESCRIPTION": "A scheduler that speaks AWX's REST API and calls HTTP endpoints at their times.",
    "VERSION": "2",
    "SCHEMA_PATH_PREFIX": "/api/v2",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "/static/belfry/bell.svg",
    "DEFAULT_GENERATOR_CLASS": "api.schema.Generator",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": ["api.schema.add_errors"],
}

REDIS_URL = redis("REDIS_URL")
CELERY_BROKER_URL = celery_broker(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_PREFETCH_MULTIPLIER = 8
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A worker without a broker goes on with what the database has, for as long as it takes.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# Kombu's defaults give a dead worker's messages back after an hour; ours are hints, seconds old at most.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 120,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
}

# Which AWX is spoken where its published page and its server differ: docs/awx-compatibility.md.
AWX_CONTRACT = choice("AWX_CONTRACT", ("documented", "server"), "documented")
# While it is set nothing is launched by schedules and nothing is called, whatever superusers set: for a restored copy.
SYSTEM_PAUSED = switch("SYSTEM_PAUSED")
SCHEDULER_POLL_INTERVAL = whole_number("SCHEDULER_POLL_INTERVAL", default=30, minimum=1)
# Hosts and networks that may be called although they are private: "10.1.0.0/16,127.0.0.1:8081,billing.internal".
OUTBOUND_ALLOWED_NETWORKS = env.list("OUTBOUND_ALLOWED_NETWORKS", default=[])
try:
    AllowList.parse(OUTBOUND_ALLOWED_NETWORKS)
except ValueError as error:
    raise ImproperlyConfigured(f"OUTBOUND_ALLOWED_NETWORKS: {error}.") from None
# The mail server of endpoints that are mailto: URLs; without one such runs fail.
EMAIL_HOST = env.str("EMAIL_HOST", default="")
EMAIL_PORT = whole_number("EMAIL_PORT", default=25, minimum=1, maximum=65535)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = switch("EMAIL_USE_TLS")
EMAIL_USE_SSL = switch("EMAIL_USE_SSL")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="belfry@localhost")
if EMAIL_USE_TLS and EMAIL_USE_SSL:
    raise ImproperlyConfigured(
        "A mail server is reached by EMAIL_USE_TLS or by EMAIL_USE_SSL, and not by both."
    )
try:
    AllowList.parse([spelled(EMAIL_HOST, EMAIL_PORT)] if EMAIL_HOST else [])
except ValueError as error:
    raise ImproperlyConfigured(f"EMAIL_HOST: {error}.") from None
# Called after each tick of beat's, so that a watcher outside notices when ticks stop.
HEARTBEAT_URL = web_address("HEARTBEAT_URL", default="")
# Seconds until a run is taken for lost whose worker is heard of no more.
EXECUTION_LEASE_SECONDS = whole_number("EXECUTION_LEASE_SECONDS", default=30, minimum=5)

LOGGING = logs.LOGGING

# Where people reach Belfry, for links in notifications.
BELFRY_URL = web_address("BELFRY_URL", default="http://localhost:8000")

# Seconds between two looks at which notifications are to be sent.
NOTIFICATION_INTERVAL = 5
# Seconds between two looks at what has been marked for deletion.
DELETION_INTERVAL = 10
# Seconds between two looks at which runs are beyond their templates' limits.
HISTORY_INTERVAL = 60
CELERY_BEAT_SCHEDULE = {
    "poll-schedules": {
        "task": "schedules.tasks.poll_schedules",
        "schedule": SCHEDULER_POLL_INTERVAL,
        # A poll that waited longer than a beat is of no use: the next one does its work.
        "options": {"expires": SCHEDULER_POLL_INTERVAL},
    },
    "poll-workflows": {
        "task": "workflows.tasks.poll_workflows",
        "schedule": SCHEDULER_POLL_INTERVAL,
        "options": {"expires": SCHEDULER_POLL_INTERVAL},
    },
    "delete-inventories": {
        "task": "inventories.tasks.delete_inventories",
        "schedule": DELETION_INTERVAL,
        "options": {"expires": DELETION_INTERVAL},
    },
    "trim-history": {
        "task": "jobs.tasks.trim_history",
        "schedule": HISTORY_INTERVAL,
        "options": {"expires": HISTORY_INTERVAL},
    },
    "send-notifications": {
        "task": "notifications.tasks.send_notifications",
        "schedule": NOTIFICATION_INTERVAL,
        "options": {"expires": NOTIFICATION_INTERVAL},
    },
}
