"""What must hold before anything starts. Each finding says what to do."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from apps.dialogue.actions import registry
from helpdesk.limits import LONGEST_DEADLINE_S

NO_SERVERS = (
    "There is no database or no Redis: start the embedded ones with `make up`, "
    "or set DATABASE_URL and REDIS_URL."
)
CLIENT_PATIENCE_S = 45
FRAME_WITHOUT_TEXT = 384
SEAL_CHARACTERS = 32
TAG = "start"


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


def leases_are_renewed_in_time(
    app_configs: Sequence[AppConfig] | None, **_options: Any
) -> list[checks.CheckMessage]:
    """Two renewals may fail before a turn counts as lost."""
    times = settings.TURNS
    if 3 * times.renew_s <= times.lease_s:
        return []
    return [
        checks.Error(
            "HELPDESK_TURN_LEASE_SECONDS must be at least three times HELPDESK_TURN_RENEW_SECONDS.",
            id="helpdesk.E007",
        )
    ]


def a_lost_turn_has_time_left(
    app_configs: Sequence[AppConfig] | None, **_options: Any
) -> list[checks.CheckMessage]:
    """When the lease of a lost turn has ended, somebody must still be able to answer it."""
    times = settings.TURNS
    if times.least_deadline_s <= times.deadline_s:
        return []
    return [
        checks.Error(
            f"HELPDESK_TURN_DEADLINE_SECONDS must be at least {times.second_try_s:g} above "
            "HELPDESK_TURN_LEASE_SECONDS.",
            id="helpdesk.E008",
        )
    ]


def limits_of_tasks_stand_in_order(
    app_configs: Sequence[AppConfig] | None, **_options: Any
) -> list[checks.CheckMessage]:
    """A drain ends by itself, then softly, then hard, and only then is its task given to another."""
    visibility_s = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    limits = settings.CELERY_TASK_ANNOTATIONS["apps.dialogue.tasks.run_turns"]
    order: tuple[Any, ...] = (
        settings.TURNS.claim_s + settings.TURNS.hold_s,
        limits["soft_time_limit"],
        limits["time_limit"],
        visibility_s,
    )
    if all(one < next_one for one, next_one in pairwise(order)):
        return []
    return [
        checks.Error(
            "These must grow: HELPDESK_DRAIN_CLAIM_SECONDS with the time that a drain holds turns "
            "after it, Celery's soft limit, its hard limit, the broker's visibility timeout.",
            id="helpdesk.E009",
        )
    ]


def a_drain_holds_turns_to_their_deadlines(
    app_configs: Sequence[AppConfig] | None, **_options: Any
) -> list[checks.CheckMessage]:
    """One claimed at the last moment would be cancelled, paid for, and begun anew."""
    if settings.TURNS.hold_s >= LONGEST_DEADLINE_S:
        return []
    return [
        checks.Error(
            f"A drain must hold turns for {LONGEST_DEADLINE_S} s, the longest deadline.",
            id="helpdesk.E010",
        )
    ]


ALL = (
    leases_are_renewed_in_time,
    a_lost_turn_has_time_left,
    limits_of_tasks_stand_in_order,
    a_drain_holds_turns_to_their_deadlines,
    actions_can_be_imported,
    a_message_fits_its_frame,
    servers_are_named,
    secret_key_is_set,
    seal_key_is_set,
    heartbeat_is_often_enough,
)


def register() -> None:
    """With a tag of their own: a command that is started often asks for these alone, as the other
    processes do. What Django would find besides are faults of the code, which `manage.py check`
    and the tests find; looking for them takes longer than all the rest of a start."""
    for check in ALL:
        checks.register(check, TAG)


def require() -> None:
    """For a process that no management command starts: raises ImproperlyConfigured."""
    found = [message for check in ALL for message in check(None)]
    if found:
        raise ImproperlyConfigured(" ".join(message.msg for message in found))
