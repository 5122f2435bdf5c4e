"""The frames of the protocol: what is taken, with which code the rest is refused, and the shapes
that go out."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from apps.chat import frames
from apps.chat.codes import DETAILS, Code, detail
from apps.chat.frames import FrameError
from apps.engine.types import Author

CMID = "0b9f6f5e-6d4c-4b8e-9a53-1d2f3c4b5a69"


def code_of(raw):
    with pytest.raises(FrameError) as error:
        frames.parse(raw if isinstance(raw, str | bytes) else json.dumps(raw))
    return error.value.code


GOOD: list[tuple[dict[str, Any], frames.Frame]] = [
    ({"type": "hello", "proto": 1, "token": "t"}, frames.Hello(proto=1, token="t")),
    (
        {"type": "hello", "proto": 1, "token": "", "last_seq": 2**53, "epoch": "e"},
        frames.Hello(proto=1, token="", last_seq=2**53, epoch="e"),
    ),
    ({"type": "send", "cmid": CMID, "text": ""}, frames.Send(cmid=uuid.UUID(CMID), text="")),
    (
        {"type": "send", "cmid": CMID.upper(), "text": "\0", "fields": {"a": "b"}},
        frames.Send(cmid=uuid.UUID(CMID), text="\0", fields={"a": "b"}),
    ),
    (
        {"type": "send", "cmid": CMID, "text": "yes", "seen": 7},
        frames.Send(cmid=uuid.UUID(CMID), text="yes", seen=7),
    ),
    ({"type": "handoff", "cmid": CMID}, frames.Handoff(cmid=uuid.UUID(CMID))),
    (
        {"type": "contact", "cmid": CMID, "text": "x", "email": "jo@shop.example"},
        frames.Contact(cmid=uuid.UUID(CMID), text="x", email="jo@shop.example"),
    ),
    ({"type": "sync", "since": 0}, frames.Sync(since=0)),
    ({"type": "rate", "seq": 1, "value": -1}, frames.Rate(seq=1, value=-1)),
    ({"type": "csat", "score": 5, "comment": "c"}, frames.Csat(score=5, comment="c")),
    ({"type": "csat", "score": None}, frames.Csat(score=None)),
    ({"type": "read", "seq": 3}, frames.Read(seq=3)),
    ({"type": "context"}, frames.Context()),
    ({"type": "context", "url": "u" * 2000}, frames.Context(url="u" * 2000)),
    ({"type": "typing"}, frames.Typing()),
    ({"type": "stop", "turn": None}, frames.Stop()),
    ({"type": "identify", "jwt": "a.b.c"}, frames.Identify(jwt="a.b.c")),
    ({"type": "logout"}, frames.Logout()),
]
BAD = [
    {"type": "send", "cmid": CMID, "text": "x", "seen": -1},
    {"type": "send", "cmid": CMID, "text": "x", "seen": "7"},
    {"type": "hello", "proto": 1},
    {"type": "hello", "proto": 2, "token": "t"},
    {"type": "hello", "proto": "1", "token": "t"},
    {"type": "hello", "proto": True, "token": "t"},
    {"type": "hello", "proto": 1.0, "token": "t"},
    {"type": "hello", "proto": 1, "token": "t" * 201},
    {"type": "hello", "proto": 1, "token": None},
    {"type": "hello", "proto": 1, "token": "t", "last_seq": -1},
    {"type": "hello", "proto": 1, "token": "t", "last_seq": 2**53 + 1},
    {"type": "hello", "proto": 1, "token": "t", "last_seq": 1.0},
    {"type": "hello", "proto": 1, "token": "t", "epoch": 7},
    {"type": "send", "cmid": CMID},
    {"type": "send", "text": "x"},
    {"type": "send", "cmid": "no uuid"},
    {"type": "send", "cmid": CMID, "text": None},
    {"type": "send", "cmid": CMID, "text": ["x"]},
    {"type": "send", "cmid": CMID, "text": "x", "fields": "x"},
    {"type": "send", "cmid": CMID, "text": "x", "fields": {"a": 1}},
    {"type": "send", "cmid": CMID, "text": "x", "fields": {str(n): "" for n in range(51)}},
    {"type": "contact", "cmid": CMID, "text": "x", "name": "n" * 1001},
    {"type": "contact", "cmid": CMID, "text": "x", "email": "a\0b"},
    {"type": "contact", "cmid": CMID, "text": "x", "phone": 110},
    {"type": "sync", "since": "0"},
    {"type": "sync", "since": False},
    {"type": "rate", "seq": 1, "value": 0},
    {"type": "rate", "seq": 1, "value": 2},
    {"type": "rate", "seq": 1, "value": True},
    {"type": "rate", "seq": True, "value": 1},
    {"type": "rate", "seq": 1, "value": 1, "reason": "half \ud83d"},
    {"type": "csat"},
    {"type": "csat", "score": 0},
    {"type": "csat", "score": 6},
    {"type": "csat", "score": True},
    {"type": "csat", "score": 4.5},
    {"type": "read"},
    {"type": "context", "url": "u" * 2001},
    {"type": "context", "locale": "x" * 201},
    {"type": "context", "title": "a\x07b"},
    {"type": "stop", "turn": 7},
]


@pytest.mark.parametrize(("raw", "frame"), GOOD, ids=range(len(GOOD)))
def test_a_frame_is_read(raw, frame):
    assert frames.parse(json.dumps(raw)) == frame


@pytest.mark.parametrize(("raw", "frame"), GOOD, ids=range(len(GOOD)))
def test_unknown_keys_change_nothing(raw, frame):
    assert frames.parse(json.dumps({**raw, "author": "operator", "session": CMID})) == frame


def test_every_type_of_the_protocol_has_an_example():
    assert {raw["type"] for raw, _ in GOOD} == set(frames.TYPES)


@pytest.mark.parametrize("raw", BAD, ids=range(len(BAD)))
def test_a_frame_of_another_shape_is_bad(raw):
    assert code_of(raw) is Code.BAD_FRAME


@pytest.mark.parametrize(("proto", "other"), [(2, True), (0, True), (-1, True), (True, False)])
def test_a_hello_of_another_version_is_told_apart_whatever_its_shape(proto, other):
    with pytest.raises(frames.FrameError) as refused:
        frames.parse(json.dumps({"type": "hello", "proto": proto, "ticket": 7}))
    assert isinstance(refused.value, frames.VersionError) is other


@pytest.mark.parametrize("cmid", ["", "no uuid", CMID[:-1], f"{CMID} ", 7, None, [CMID], {}])
def test_a_frame_with_nothing_wrong_but_its_cmid_says_so(cmid):
    for rest in ({"type": "send", "text": "x"}, {"type": "handoff"}):
        assert code_of({**rest, "cmid": cmid}) is Code.BAD_CMID


@pytest.mark.parametrize("kind", ["", "SEND", "send ", "message", "ack", "identified", "__class__"])
def test_another_type_is_unknown(kind):
    assert code_of({"type": kind}) is Code.UNKNOWN_TYPE


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "nonsense",
        "null",
        "[]",
        '"send"',
        "{}",
        '{"type": null}',
        '{"type": ["send"]}',
        '{"a": NaN}',
        '{"a": -Infinity}',
        '{"a": ' + "9" * 5000 + "}",
        '{"a":' * 100_000,
        "[" * 100_000,
        b"\xff\xfe\xfd",
        b"",
        "{'type': 'typing'}",
        '{"type": "typing"} {}',
    ],
    ids=range(17),
)
def test_what_is_no_json_object_is_a_bad_frame(raw):
    assert code_of(raw) is Code.BAD_FRAME


def test_a_frame_cannot_be_changed_after_it_was_checked():
    frame = frames.parse('{"type": "sync", "since": 1}')
    with pytest.raises(ValueError, match="frozen"):
        frame.since = 2  # type: ignore[attr-defined]


def test_text_goes_out_as_it_is_and_short():
    assert frames.encode({"text": "退货 😀", "a": [1]}) == '{"text":"退货 😀","a":[1]}'


def test_a_message_has_the_fields_of_the_protocol_and_a_cmid_only_if_there_is_one():
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    values: dict[str, Any] = {"seq": 7, "name": "", "text": "x", "at": at, "meta": {"ai": True}}
    frame = frames.message(author=Author.BOT, cmid=None, **values)
    assert frame == {
        "type": "message",
        "seq": 7,
        "author": "bot",
        "name": "",
        "text": "x",
        "at": "2026-01-02T03:04:05+00:00",
        "meta": {"ai": True},
    }
    keyed = frames.message(author="visitor", cmid=uuid.UUID(CMID), **values)
    assert keyed["cmid"] == CMID
    assert json.loads(frames.encode(keyed)) == keyed


def test_an_ack_names_the_line():
    line = uuid.uuid4()
    ack = frames.ack(uuid.UUID(CMID), 3, line)
    assert ack == {"type": "ack", "cmid": CMID, "seq": 3, "message": str(line)}


def test_a_refusal_is_final_unless_it_says_when_to_come_back():
    final = frames.refused(uuid.UUID(CMID), Code.EMPTY, "en")
    assert final == {
        "type": "refused",
        "cmid": CMID,
        "code": "empty",
        "detail": "The message is empty.",
    }
    assert frames.refused(uuid.UUID(CMID), Code.BUSY, "en", 1.5)["retry_after"] == 1.5


@pytest.mark.parametrize("wait", [0.001, 0.004, 0.123, 0.994, 1.0, 12.3456])
def test_who_waits_as_told_does_not_come_too_early(wait):
    frame = frames.refused(uuid.UUID(CMID), Code.RATE_LIMITED, "en", wait)
    assert wait <= frame["retry_after"] < wait + 0.02


@pytest.mark.parametrize("code", list(Code))
def test_every_code_has_a_sentence_in_both_languages(code):
    english, chinese = (detail(code, language) for language in ("en", "zh-Hans"))
    assert english
    assert english.isascii()
    assert not chinese.isascii()
    assert code in DETAILS
    assert detail(code, "ZH-hans") == chinese
    assert "%" not in english + chinese


def test_a_limit_is_named_in_its_refusal(settings):
    assert str(settings.CHAT.message_characters) in detail(Code.TOO_LONG, "zh-Hans")
