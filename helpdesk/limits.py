"""Limits and times of the chat, each with the environment variable that changes it.

Names that end in `_s` are seconds.
"""

from dataclasses import dataclass

from helpdesk import env


@dataclass(frozen=True, slots=True)
class ChatLimits:
    message_characters: int
    message_burst: int
    messages_per_second: float
    sessions_per_hour: int
    sockets_per_address: int
    sockets_per_visitor: int
    sockets_per_process: int
    trusted_networks: tuple[env.Network, ...]
    unsent_frames: int
    unsent_bytes: int
    hello_s: float
    close_s: float
    heartbeat_s: float
    heal_s: float
    token_rotate_s: int
    token_overlap_s: int
    token_life_s: int
    long_poll_s: float
    journal_wait_s: float
    frame_bytes: int = 16_384
    bad_frames_per_minute: int = 20
    going_away_s: int = 10
    hint_timeout_s: float = 0.2

    @classmethod
    def from_env(cls) -> "ChatLimits":
        return cls(
            message_characters=env.whole("HELPDESK_MESSAGE_CHARACTERS", 4000, least=1),
            message_burst=env.whole("HELPDESK_MESSAGE_BURST", 20, least=1),
            messages_per_second=env.number("HELPDESK_MESSAGES_PER_SECOND", 1, least=0.001),
            sessions_per_hour=env.whole("HELPDESK_SESSIONS_PER_HOUR", 30, least=1),
            sockets_per_address=env.whole("HELPDESK_SOCKETS_PER_ADDRESS", 100, least=1),
            sockets_per_visitor=env.whole("HELPDESK_SOCKETS_PER_VISITOR", 3, least=1),
            sockets_per_process=env.whole("HELPDESK_SOCKETS_PER_PROCESS", 10_000, least=1),
            trusted_networks=env.networks("HELPDESK_LIMITS_TRUSTED"),
            unsent_frames=env.whole("HELPDESK_UNSENT_FRAMES", 64, least=1),
            unsent_bytes=env.whole("HELPDESK_UNSENT_BYTES", 262_144, least=1024),
            hello_s=env.number("HELPDESK_HELLO_SECONDS", 5, least=0.05),
            close_s=env.number("HELPDESK_CLOSE_SECONDS", 10, least=0.05),
            heartbeat_s=env.number("HELPDESK_HEARTBEAT_SECONDS", 20, least=0.05),
            heal_s=env.number("HELPDESK_HEAL_SECONDS", 10, least=0.05),
            token_rotate_s=env.whole("HELPDESK_TOKEN_ROTATE_SECONDS", 86_400, least=1),
            token_overlap_s=env.whole("HELPDESK_TOKEN_OVERLAP_SECONDS", 300),
            token_life_s=env.whole("HELPDESK_TOKEN_LIFE_SECONDS", 30 * 86_400, least=1),
            long_poll_s=env.number("HELPDESK_LONG_POLL_SECONDS", 25),
            journal_wait_s=env.number("HELPDESK_JOURNAL_WAIT_SECONDS", 5, least=0.05),
        )


@dataclass(frozen=True, slots=True)
class IndexTimes:
    """`watch_s`: how often a process looks for a new index. `stale_s`: after how long the
    sweeper builds one that Celery did not."""

    watch_s: float
    stale_s: float

    @classmethod
    def from_env(cls) -> "IndexTimes":
        return cls(
            watch_s=env.number("HELPDESK_INDEX_WATCH_SECONDS", 1, least=0.05),
            stale_s=env.number("HELPDESK_INDEX_STALE_SECONDS", 2),
        )
