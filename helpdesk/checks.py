"""What must hold before anything starts. Each finding says what to do."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from apps.dialogue.actions import registry

NO_SERVERS = (
    "There is no database or no Redis: start the embedded ones with `make up`, "
    "or set DATABASE_URL and REDIS_URL."
)
CLIENT_PATIENCE_S = 45
FRAME_WITHOUT_TEXT = 384
SEAL_CHARACTERS = 32


def servers_are_named(
    app_configs: Sequence[AppConfig] | None, **_options: Any
) -> list[checks.CheckMessage]:
    if settings.DATABASE_URL and settings.REDIS_URL:
        return []
    return [checks.Error(NO_SERVERS, id="helpdesk.E001")]


def secret_key_is_set(
    app_configs: Sequence[AppConfig] | None, **_options: Any
) -> list[checks.CheckMessage]:
    try:
        _ = settings.SECRET_KEY
    except ImproperlyConfigured:
        return [checks.Error("Set HELPDESK_SECRET_KEY, or run `make up`.", id="helpdesk.E002")]
    return []


def seal_key_is_set(
    app_configs: Sequence[AppConfig] | None, **_options: Any
) -> list[checks.CheckMessage]:
    """Whoever has the database must not find the key by trying."""
    if len(settings.SEAL_KEY) >= SEAL_CHARACTERS:
        return []
    return [
        checks.Error(
            f"Set HELPDESK_SEAL_KEY to {SEAL_CHARACTERS} random characters or more, or run "
            "`make up`.",
            id="helpdesk.E005",
        )
    ]


def heartbeat_is_often_enough(
    app_configs: Sequence[AppConfig] | None, **_options: Any
) -> list[checks.CheckMessage]:
    """Clients give a silent connection up after 45 s, and must hear two beats before that."""
    if settings.CHAT.heartbeat_s * 2 < CLIENT_PATIENCE_S:
        return []
    return [
        checks.Error(
            f"HELPDESK_HEARTBEAT_SECONDS must be below {CLIENT_PATIENCE_S / 2:g}: clients "
            f"reconnect after {CLIENT_PATIENCE_S} s of silence.",
            id="helpdesk.E003",
        )
    ]


def a_message_fits_its_frame(
    app_configs: Sequence[AppConfig] | None, **_options: Any
) -> list[checks.CheckMessage]:
    """A character takes up to 4 bytes, the rest of its frame some hundred."""
    most = (settings.CHAT.frame_bytes - FRAME_WITHOUT_TEXT) // 4
    if settings.CHAT.message_characters <= most:
        return []
    return [
        checks.Error(f"HELPDESK_MESSAGE_CHARACTERS must be at most {most}.", id="helpdesk.E004")
    ]


def actions_can_be_imported(
    app_configs: Sequence[AppConfig] | None, **_options: Any
) -> list[checks.CheckMessage]:
    """A flow without its action would collect, confirm and then fail."""
    return [
        checks.Error(f"HELPDESK_ACTIONS: {name} cannot be imported ({why}).", id="helpdesk.E006")
        for name, why in registry.load(settings.ACTIONS).items()
    ]


ALL = (
    actions_can_be_imported,
    a_message_fits_its_frame,
    servers_are_named,
    secret_key_is_set,
    seal_key_is_set,
    heartbeat_is_often_enough,
)


def register() -> None:
    for check in ALL:
        checks.register(check)


def require() -> None:
    """For a process that no management command starts: raises ImproperlyConfigured."""
    found = [message for check in ALL for message in check(None)]
    if found:
        raise ImproperlyConfigured(" ".join(message.msg for message in found))
