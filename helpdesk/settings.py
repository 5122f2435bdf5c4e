"""Settings. What the server's operators change is read from the environment; docs/operations.md
lists every variable. What staff change at run time are rows."""

from datetime import timedelta
from pathlib import Path

from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from apps.knowledge.sheets.limits import MIB, SheetLimits
from helpdesk import embedded, env, limits

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env.flag("HELPDESK_DEBUG", default=False)
kept_key = BASE_DIR / "var" / "secret_key"
# Empty is refused by Django when it is first needed, and by a check before that.
SECRET_KEY = env.text("HELPDESK_SECRET_KEY", kept_key.read_text() if kept_key.exists() else "")
kept_seal = BASE_DIR / "var" / "seal_key"
SEAL_KEY = env.text("HELPDESK_SEAL_KEY", kept_seal.read_text() if kept_seal.exists() else "")
ALLOWED_HOSTS = env.words("HELPDESK_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = list(env.origins("HELPDESK_CSRF_ORIGINS"))
WS_ALLOWED_ORIGINS = env.origins("HELPDESK_WS_ORIGINS")
PORT = env.whole("PORT", 8000, least=1, most=65535)
# Where visitors reach the widget, and the demo shop that embeds it from another origin.
PUBLIC_URL = env.text("HELPDESK_PUBLIC_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
DEMO_URL = env.text("HELPDESK_DEMO_URL", f"http://localhost:{PORT}").rstrip("/")
TRUSTED_PROXIES = env.networks("HELPDESK_TRUSTED_PROXIES")
if env.flag("HELPDESK_HTTPS", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True

INSTALLED_APPS = [
    # Without the site that it would put in place of ours.
    "unfold.apps.BasicAppConfig",
    "helpdesk.apps.HelpdeskAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "helpdesk.apps.HelpdeskConfig",
    "apps.sites",
    "apps.knowledge",
    "apps.guard",
    "apps.llm",
    "apps.chat",
    "apps.handoff",
    "apps.dialogue",
    "apps.widget",
    "apps.console",
    "apps.insight",
    "apps.demo",
]
MIDDLEWARE = [
    "helpdesk.policies.policies",
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "helpdesk.busy.Overload",
]
ROOT_URLCONF = "helpdesk.urls"
ASGI_APPLICATION = "helpdesk.asgi.application"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
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
            ]
        },
    }
]

running = embedded.addresses(BASE_DIR)
DATABASE_URL = env.text("DATABASE_URL", running.database_url if running else "")
# Past a pooler such as PgBouncer, for LISTEN and for locks that outlast a transaction.
DATABASE_DIRECT_URL = env.text("DATABASE_DIRECT_URL", "")
REDIS_URL = env.text("REDIS_URL", running.redis_url if running else "")
# Web processes, which have many threads, share a pool, and people wait for each of their statements.
# The others open a connection when they need one, and may take their time: jobs, migrations.
POOL = {
    "pool": {"min_size": 1, "max_size": 8, "timeout": 5},
    "options": "-c statement_timeout=5s",
}
pooled = env.flag("HELPDESK_DATABASE_POOL", default=False)
# Without a server whatever needs one is stopped by checks; measuring a file needs none.
DATABASES = {
    "default": env.database("DATABASE_URL", DATABASE_URL, **(POOL if pooled else {}))
    if DATABASE_URL
    else {"ENGINE": "django.db.backends.dummy"}
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Every key needs an end: the embedded Redis evicts only keys that have one (volatile-lru).
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "TIMEOUT": 300,
        "KEY_PREFIX": "helpdesk",
        "OPTIONS": {
            "SOCKET_CONNECT_TIMEOUT": 0.3,
            "SOCKET_TIMEOUT": 0.3,
            "IGNORE_EXCEPTIONS": True,
        },
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            "hosts": [{"address": REDIS_URL, "socket_connect_timeout": 1}],
            "prefix": "helpdesk",
        },
    }
}

CELERY_BROKER_URL = env.broker(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Above every task's hard limit; what a lost worker held is looked for every 5 s.
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
    # A person waits while a change is told to the broker; without one the sweeper sees to it.
    "max_retries": 1,
    "interval_start": 0,
    "global_keyprefix": "helpdesk:",
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 100
CELERY_TASK_TIME_LIMIT = 120
# A drain claims for up to 80 s and then has the longest deadline for what it holds.
CELERY_TASK_ANNOTATIONS = {
    "apps.dialogue.tasks.run_turns": {"soft_time_limit": 215, "time_limit": 235}
}
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"apps.dialogue.tasks.run_turns": {"queue": "turns"}}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Tasks are not cancelled when the broker is lost: a drain does not need it, and would lose its turns.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
# Void when it is due again: a queue that no worker empties would be full of them.
CELERY_BEAT_SCHEDULE = {
    name: {"task": task, "schedule": seconds, "options": {"expires": seconds}}
    for name, task, seconds in (
        ("refresh-index", "apps.knowledge.tasks.refresh_stale", 60.0),
        ("refresh-embeddings", "apps.knowledge.tasks.refresh_embeddings", 10.0),
        ("sweep-out-embeddings", "apps.knowledge.tasks.sweep_out_embeddings", 86_400.0),
        ("run-actions", "apps.dialogue.tasks.run_actions", 5.0),
        ("sweep-out-actions", "apps.dialogue.tasks.sweep_out_actions", 3600.0),
        ("count-uses", "apps.dialogue.tasks.count_uses", 300.0),
        ("sweep-out-imports", "apps.knowledge.tasks.sweep_out_imports", 3600.0),
        ("send-mails", "apps.handoff.tasks.send_mails", 60.0),
        ("note-unanswered", "apps.handoff.tasks.note_unanswered", 60.0),
        ("sweep-out-mails", "apps.handoff.tasks.sweep_out_mails", 86_400.0),
        ("sweep-out", "apps.chat.tasks.sweep_out", 3600.0),
        ("empty-texts", "apps.llm.tasks.empty_texts", 3600.0),
    )
}

# Without a server mail is written to the log of the process, and pages offer none.
mail = env.mail_server(
    "HELPDESK_EMAIL_URL",
    env.text("HELPDESK_EMAIL_URL", ""),
    env.text("HELPDESK_EMAIL_PASSWORD", ""),
)
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if mail.host else 'console'}.EmailBackend"
EMAIL_HOST, EMAIL_PORT = mail.host, mail.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = mail.user, mail.password
EMAIL_USE_TLS, EMAIL_USE_SSL = mail.use_tls, mail.use_ssl
EMAIL_TIMEOUT = env.number("HELPDESK_EMAIL_TIMEOUT_SECONDS", 10, least=1, most=60)
DEFAULT_FROM_EMAIL = env.text("HELPDESK_EMAIL_FROM", mail.user or "helpdesk@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Where visitors' answers to our mails go; empty: they are told that nobody reads them.
EMAIL_REPLY_TO = env.text("HELPDESK_EMAIL_REPLY_TO", "")
INVITATION_LIFE = timedelta(days=env.whole("HELPDESK_INVITATION_DAYS", 7, least=1, most=60))
PASSWORD_RESET_TIMEOUT = 60 * 60
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

USE_TZ = True
TIME_ZONE = env.text("HELPDESK_TIME_ZONE", "UTC")
LANGUAGE_CODE = env.text("HELPDESK_LANGUAGE", "en")
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = False

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {"TITLE": "Helpdesk", "VERSION": "1", "SERVE_INCLUDE_SCHEMA": False}

UNFOLD = {
    "SITE_TITLE": "Helpdesk",
    "SITE_HEADER": "Helpdesk",
    "SITE_ICON": lambda _request: static("admin/helpdesk.svg"),
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda _request: static("admin/helpdesk.svg"),
        }
    ],
    "SHOW_BACK_BUTTON": True,
    "DASHBOARD_CALLBACK": "helpdesk.overview.dashboard",
    "SIDEBAR": {"show_search": True, "navigation": "helpdesk.overview.navigation"},
    "STYLES": [lambda _request: static("admin/helpdesk.css")],
    "SCRIPTS": [lambda _request: static("admin/helpdesk.js")],
}

CHAT = limits.ChatLimits.from_env()
ATTACHMENTS = limits.AttachmentLimits.from_env()
ATTACHMENTS_DIR = Path(env.text("HELPDESK_ATTACHMENTS_DIR", str(BASE_DIR / "var" / "attachments")))
TURNS = limits.TurnTimes.from_env()
KNOWLEDGE = limits.IndexTimes.from_env()
SHEETS = SheetLimits(
    file_bytes=env.whole("HELPDESK_IMPORT_MEGABYTES", 50, least=1, most=1_000) * MIB,
    rows=env.whole("HELPDESK_IMPORT_ROWS", 100_000, least=1, most=1_000_000),
    kept_days=env.whole("HELPDESK_IMPORT_DAYS", 7, least=1),
)
# Modules with the shop's own functions, and the networks that webhooks reach besides the internet.
ACTIONS = env.words("HELPDESK_ACTIONS", "apps.demo.actions")
OUTBOUND_ALLOW = env.networks("HELPDESK_OUTBOUND_ALLOW")
# The same for language models: where local ones run.
LLM_ALLOWED_NETWORKS = env.networks("HELPDESK_LLM_ALLOWED_NETWORKS")
# How long the ledger keeps what left the house; 0: not at all.
LLM_TEXT_DAYS = env.whole("HELPDESK_MODEL_TEXT_DAYS", 30, most=3650)
SWEEP_SECONDS = env.number("HELPDESK_SWEEP_SECONDS", 1, least=0.05)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "no_handshakes": {"()": "helpdesk.logs.NoHandshakes"},
        "no_links": {"()": "helpdesk.logs.NoLinks"},
        "no_tracebacks": {"()": "helpdesk.logs.NoTracebacks"},
    },
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["no_links", "no_tracebacks"],
        }
    },
    "loggers": {
        # Handshakes name addresses and whatever a client put into the URL.
        "uvicorn.error": {"filters": ["no_handshakes"]},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        # They tell of every task that it is due, that it came and that it went.
        "celery.beat": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        # A traceback a second while Redis is away; `apps.chat.events` tells it once.
        "channels_redis.pubsub": {"level": "CRITICAL"},
    },
    "root": {"handlers": ["console"], "level": env.text("HELPDESK_LOG_LEVEL", "INFO")},
}
