"""Limits and times of the chat, each with the environment variable that changes it.

Names that end in `_s` are seconds.
"""

from dataclasses import dataclass

from helpdesk import env

# Of a turn, whatever the installation or a site sets.
LONGEST_DEADLINE_S = 120


@dataclass(frozen=True, slots=True)
class ChatLimits:
    """`turn_restarts`: how often further lines start a turn again that has shown nothing.
    `turn_characters`: how long its lines may be together, but for a single one. What comes beyond
    waits for the next turn: each start may cost a model's call over all of it."""

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
    open_turns: int
    turn_restarts: int
    turn_characters: int
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
            open_turns=env.whole("HELPDESK_OPEN_TURNS", 500, least=1),
            turn_restarts=env.whole("HELPDESK_TURN_RESTARTS", 3, most=20),
            turn_characters=env.whole("HELPDESK_TURN_CHARACTERS", 4000, least=1, most=20_000),
        )


@dataclass(frozen=True, slots=True)
class IndexTimes:
    """`watch_s`: how often a process looks for a new index. `stale_s`: after how long the
    sweeper builds one that Celery did not. `meaning_s`: how long a question that words do not
    answer waits for its vector; 0 asks for none. `texts_in_memory`: how many texts of a site may
    have their vectors in the memory of each process; more stand in the database."""

    watch_s: float
    stale_s: float
    meaning_s: float
    texts_in_memory: int

    @classmethod
    def from_env(cls) -> "IndexTimes":
        return cls(
            watch_s=env.number("HELPDESK_INDEX_WATCH_SECONDS", 1, least=0.05),
            stale_s=env.number("HELPDESK_INDEX_STALE_SECONDS", 2),
            meaning_s=env.number("HELPDESK_MEANING_SECONDS", 0.3, most=2),
            texts_in_memory=env.whole("HELPDESK_MEANING_TEXTS_IN_MEMORY", 100_000),
        )


@dataclass(frozen=True, slots=True)
class TurnTimes:
    """How turns that need a model are run. `lease_s`: how long a claimed turn is its drain's without
    a renewal. `deadline_s`: from a line to its answer or to the notice, which is written
    `notice_s` earlier. `claim_s`, `silence_s`: how long a drain claims, and when it ends before
    that. `hold_s`: how long after that it gives back what it still holds, `stop_s` the same once it
    was told to stop. `busy`: the share of a core from which on a drain calls another beside it.
    `quiet_s`: how long a turn may be pending before the sweeper starts a drain. `patience_s`: after
    how long without a word of an answer the visitor is told that one is looked for."""

    places: int
    lease_s: float
    renew_s: float
    deadline_s: float
    claim_s: float
    busy: float
    silence_s: float
    patience_s: float
    quiet_s: float
    notice_s: float = 3.0
    hold_s: float = LONGEST_DEADLINE_S
    stop_s: float = 15.0
    publish_s: float = 1.0
    second_try_s: float = 5.0

    @property
    def least_deadline_s(self) -> float:
        """When the lease of a lost turn has ended, somebody must still be able to answer it."""
        return self.lease_s + self.second_try_s

    @classmethod
    def from_env(cls) -> "TurnTimes":
        return cls(
            places=env.whole("HELPDESK_TURN_PLACES", 400, least=1, most=5_000),
            lease_s=env.number("HELPDESK_TURN_LEASE_SECONDS", 10, least=0.5),
            renew_s=env.number("HELPDESK_TURN_RENEW_SECONDS", 3, least=0.05),
            deadline_s=env.number(
                "HELPDESK_TURN_DEADLINE_SECONDS", 30, least=1, most=LONGEST_DEADLINE_S
            ),
            claim_s=env.number("HELPDESK_DRAIN_CLAIM_SECONDS", 30, least=0.05, most=80),
            busy=env.number("HELPDESK_DRAIN_BUSY", 0.7, least=0.05),
            silence_s=env.number("HELPDESK_DRAIN_SILENCE_SECONDS", 10, least=0.05),
            patience_s=env.number("HELPDESK_TURN_PATIENCE_SECONDS", 5, least=0.05),
            quiet_s=env.number("HELPDESK_TURN_QUIET_SECONDS", 3, least=0.05),
        )


@dataclass(frozen=True, slots=True)
class AttachmentLimits:
    """Of files that visitors and operators send. `per_session` and `per_address`: within an hour.
    `pixels` of a picture, `picture_s` of a processor and `picture_bytes` of memory to make it anew.
    `link_s`: how long an address of a file works, `kept_link_s`: one in an e-mail or in a saved
    conversation. `unused_s`: how long a file is kept that no line names."""

    megabytes: int
    per_session: int
    per_address: int
    link_s: int
    kept_link_s: int = 30 * 86_400
    unused_s: int = 86_400
    pixels: int = 50_000_000
    picture_s: int = 10
    picture_bytes: int = 1_536 * 2**20

    @property
    def file_bytes(self) -> int:
        return self.megabytes * 2**20

    @classmethod
    def from_env(cls) -> "AttachmentLimits":
        return cls(
            megabytes=env.whole("HELPDESK_ATTACHMENT_MEGABYTES", 10, least=1, most=100),
            per_session=env.whole("HELPDESK_ATTACHMENTS_PER_SESSION", 30, least=1),
            per_address=env.whole("HELPDESK_ATTACHMENTS_PER_ADDRESS", 100, least=1),
            link_s=env.whole("HELPDESK_ATTACHMENT_LINK_SECONDS", 3600, least=60, most=604_800),
        )
