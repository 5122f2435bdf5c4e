"""Tokens and sessions: who gets in, for how long, and to nothing but their own."""

import base64
import hashlib
import uuid
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.chat import services
from apps.chat.frames import Context
from apps.chat.items import Item, Line, NewTurn
from apps.chat.journal import append
from apps.chat.models import Message, Session, Visitor, VisitorToken
from apps.chat.satisfaction import score
from apps.chat.services import TokenExpiredError, TokenUnknownError
from apps.engine.types import Author, TurnState
from tests.threads import at_once
from tests.widget.visitor import Visitor as Browser
from tests.widget.visitor import acall, new_cmid

ROTATE = timedelta(days=1)


@pytest.fixture
def ann(site):
    return services.start_session(site=site, locale="en")


@pytest.fixture
def ben(site):
    return services.start_session(site=site, locale="zh-CN")


def kept(token):
    return VisitorToken.objects.get(digest=services.digest(token))


def age(token, by):
    """Makes a token older without moving its end."""
    VisitorToken.objects.filter(digest=services.digest(token)).update(
        created_at=timezone.now() - by
    )


def replacement(token):
    """The new token that a visitor is given on entering."""
    fresh = services.enter(token=token).token
    assert fresh
    return fresh


def expire(token):
    past = timezone.now() - timedelta(seconds=1)
    VisitorToken.objects.filter(digest=services.digest(token)).update(expires_at=past)


def talk(session, cmid=None):
    """A visitor's line, the bot's reply and an operator's line."""
    lines = (
        Line(Author.VISITOR, "question", cmid=cmid or uuid.uuid4(), of_turn=True),
        Line(Author.BOT, "answer", of_turn=True),
        Line(Author.OPERATOR, "hello"),
        Line(Author.SYSTEM, "notice"),
    )
    with transaction.atomic():
        append(Item(session.id, None, lines, turn=NewTurn(TurnState.DONE)))


@pytest.mark.django_db
class TestTokens:
    def test_a_token_is_256_random_bits_and_only_its_hash_is_kept(self, ann, ben):
        assert len(base64.urlsafe_b64decode(ann.token + "=")) == 32
        assert ann.token != ben.token
        with connection.cursor() as cursor:
            for table in ("chat_visitortoken", "chat_visitor", "chat_session"):
                cursor.execute(
                    f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", [f"%{ann.token}%"]
                )
                assert cursor.fetchone() == (0,)
        assert kept(ann.token).digest == hashlib.sha256(ann.token.encode()).hexdigest()

    def test_it_opens_the_visitors_own_session(self, ann, ben):
        for started in (ann, ben):
            entered = services.enter(token=started.token)
            assert (entered.session, entered.token) == (started.session, None)
            assert services.recognise(token=started.token) == started.session

    @pytest.mark.parametrize("token", ["", "wrong", "a\0b", "字", "\ud800", "x" * 10_000])
    @pytest.mark.parametrize("verb", [services.enter, services.recognise, services.log_out])
    def test_any_other_is_unknown(self, ann, verb, token):
        with pytest.raises(TokenUnknownError):
            verb(token=token)
        with pytest.raises(TokenUnknownError):
            verb(token=services.digest(ann.token))

    @pytest.mark.parametrize("verb", [services.enter, services.recognise, services.log_out])
    def test_past_its_end_it_is_expired(self, ann, verb):
        expire(ann.token)
        with pytest.raises(TokenExpiredError):
            verb(token=ann.token)

    def test_it_lives_as_long_as_the_setting_says(self, ann, settings):
        life = kept(ann.token).expires_at - kept(ann.token).created_at
        assert abs(life.total_seconds() - settings.CHAT.token_life_s) < 60

    def test_with_its_site_switched_off_it_is_unknown(self, ann, site):
        site.is_active = False
        site.save()
        with pytest.raises(TokenUnknownError):
            services.enter(token=ann.token)

    def test_a_young_one_is_not_replaced(self, ann):
        age(ann.token, ROTATE - timedelta(minutes=1))
        assert services.enter(token=ann.token).token is None

    def test_an_old_one_is_replaced_on_entering_but_not_by_a_single_request(self, ann):
        age(ann.token, ROTATE + timedelta(minutes=1))
        services.recognise(token=ann.token)
        assert VisitorToken.objects.count() == 1
        fresh = replacement(ann.token)
        assert fresh != ann.token
        assert services.recognise(token=fresh) == ann.session

    def test_a_replacement_never_makes_the_whole_life_longer(self, ann):
        age(ann.token, ROTATE * 2)
        ends = kept(ann.token).expires_at
        fresh = replacement(ann.token)
        assert kept(fresh).expires_at == ends

    def test_a_client_that_never_got_the_new_one_still_gets_in(self, ann):
        ends = kept(ann.token).expires_at
        age(ann.token, ROTATE * 2)
        for _ in range(3):
            assert replacement(ann.token)
        assert kept(ann.token).expires_at == ends

    def test_the_first_use_of_the_new_one_retires_the_old_after_the_overlap(self, ann, settings):
        age(ann.token, ROTATE * 2)
        fresh = replacement(ann.token)
        before = timezone.now()
        services.enter(token=fresh)
        ends = kept(ann.token).expires_at
        services.enter(token=fresh)
        assert kept(ann.token).expires_at == ends, "the second use puts nothing off"
        left = (ends - before).total_seconds()
        assert abs(left - settings.CHAT.token_overlap_s) < 60
        assert services.recognise(token=ann.token) == ann.session
        expire(ann.token)
        with pytest.raises(TokenExpiredError):
            services.recognise(token=ann.token)
        assert services.recognise(token=fresh) == ann.session

    def test_an_overlap_never_gives_an_old_token_more_time_than_it_had(self, ann):
        age(ann.token, ROTATE * 2)
        fresh = replacement(ann.token)
        soon = timezone.now() + timedelta(seconds=10)
        VisitorToken.objects.filter(digest=services.digest(ann.token)).update(expires_at=soon)
        services.enter(token=fresh)
        assert kept(ann.token).expires_at == soon

    def test_logout_kills_every_token_and_closes_the_session_of_this_visitor_alone(self, ann, ben):
        age(ann.token, ROTATE * 2)
        fresh = replacement(ann.token)
        services.log_out(token=ann.token)
        for token in (ann.token, fresh):
            with pytest.raises(TokenUnknownError):
                services.enter(token=token)
        assert Session.objects.get(pk=ann.session.pk).closed_at is not None
        assert services.enter(token=ben.token).session == ben.session


@pytest.mark.django_db
class TestSessions:
    def test_a_closed_session_gives_a_new_one_in_the_visitors_language(self, ben):
        Session.objects.filter(pk=ben.session.pk).update(closed_at=timezone.now())
        again = services.enter(token=ben.token).session
        assert again != ben.session
        assert (again.visitor, again.language) == (ben.session.visitor, "zh-Hans")
        assert (again.version, again.last_seq, again.state, again.mode) == (0, 0, "INIT", "bot")
        assert services.recognise(token=ben.token) == again

    @pytest.mark.parametrize(
        ("locale", "stored", "language"),
        [
            ("en-GB", "en-GB", "en"),
            ("zh_TW", "zh_TW", "zh-Hans"),
            ("ZH-hans-CN", "ZH-hans-CN", "zh-Hans"),
            ("fr", "fr", "en"),
            ("", "", "en"),
            ("x" * 300, "", "en"),
            ("zh<script>", "", "en"),
            ("\ud800", "", "en"),
            ("zh\n", "", "en"),
        ],
        ids=ascii,
    )
    def test_a_locale_is_kept_when_it_looks_like_one(self, site, locale, stored, language):
        started = services.start_session(site=site, locale=locale)
        assert started.session.visitor.locale == stored
        assert started.session.language == language


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_doors_at_once_open_one_session(self, ann):
        for _ in range(5):
            Session.objects.update(closed_at=timezone.now())
            at_once(*[partial(services.enter, token=ann.token)] * 2)
            assert Session.objects.current().count() == 1

    def test_an_old_token_used_twice_at_once_works_on(self, ann):
        age(ann.token, ROTATE * 2)
        entered = at_once(*[partial(services.enter, token=ann.token)] * 2)
        fresh = [one.token for one in entered]
        assert len(set(fresh)) == 1
        for token in (*fresh, ann.token):
            assert services.recognise(token=token) == ann.session


@pytest.mark.django_db
class TestOwnLines:
    def test_a_line_is_found_by_its_cmid_in_its_own_session_alone(self, ann, ben, cmid):
        talk(ann.session, cmid)
        found = services.find_line(ann.session.id, cmid)
        assert (found.seq, found.text, found.cmid) == (1, "question", cmid)
        assert services.find_line(ben.session.id, cmid) is None
        assert services.find_line(ann.session.id, uuid.uuid4()) is None

    def test_only_a_visitors_line_is_found(self, ann, cmid):
        with transaction.atomic():
            append(Item(ann.session.id, None, (Line(Author.OPERATOR, "hello", cmid=cmid),)))
        assert services.find_line(ann.session.id, cmid) is None

    @pytest.mark.parametrize(
        ("seq", "found"), [(1, False), (2, True), (3, True), (4, False), (5, False), (0, False)]
    )
    def test_the_bots_and_the_operators_lines_can_be_rated(self, ann, seq, found):
        talk(ann.session)
        assert services.rate(session=ann.session.id, seq=seq, value=-1, reason="why") is found
        rated = Message.objects.filter(rating=-1, rating_reason="why")
        assert [line.seq for line in rated] == [seq] * found

    def test_nothing_of_another_session_is_touched(self, ann, ben):
        talk(ann.session)
        talk(ben.session)
        before = everything_of(ben.session)
        services.rate(session=ann.session.id, seq=2, value=-1, reason="why")
        score(session=ann.session.id, value=1, comment="bad")
        services.mark_read(session=ann.session.id, seq=3)
        services.note_context(session=ann.session.id, context=Context(url="https://shop.example"))
        assert everything_of(ben.session) == before

    def test_reading_never_goes_back_nor_beyond_the_last_line(self, ann):
        talk(ann.session)
        for seq, read in ((2, 2), (1, 2), (5, 2), (2**53, 2), (4, 4)):
            services.mark_read(session=ann.session.id, seq=seq)
            assert Session.objects.get(pk=ann.session.pk).read_seq == read

    def test_the_page_is_kept_cut_to_its_column_and_silence_wipes_nothing(self, ann):
        long = Context(url="u" * 2000, title="t" * 1000, device="d" * 1000, locale="l" * 200)
        services.note_context(session=ann.session.id, context=long)
        services.note_context(session=ann.session.id, context=Context())
        visitor = Visitor.objects.get(pk=ann.session.visitor_id)
        assert visitor.page_url == "u" * 500
        assert (visitor.page_title, visitor.device) == ("t" * 200, "d" * 200)
        assert visitor.locale == "l" * 35


def everything_of(session):
    return (
        Session.objects.filter(pk=session.pk).values().get(),
        Visitor.objects.filter(pk=session.visitor_id).values().get(),
        list(Message.objects.filter(session=session).order_by("seq").values()),
    )


SECRET = "my order is A-77"
ROWS = (
    "SELECT row_to_json(s)::text, row_to_json(v)::text, (SELECT json_agg(m ORDER BY m.seq)::text"
    " FROM chat_message m WHERE m.session_id = s.id) FROM chat_session s"
    " JOIN chat_visitor v ON v.id = s.visitor_id WHERE s.id = %s"
)
# Every key by which a client might name what is not its own.
NAMES = ("session", "session_id", "conversation", "visitor", "visitor_id", "id", "token", "handle")
FRAMES = [
    {"type": "send", "text": "hello"},
    {"type": "handoff"},
    {"type": "contact", "text": "hello", "email": "eve@shop.example"},
    {"type": "sync", "since": 0},
    {"type": "rate", "seq": 2, "value": -1, "reason": "eve"},
    {"type": "csat", "score": 1, "comment": "eve"},
    {"type": "read", "seq": 2},
    {"type": "context", "url": "https://eve.example"},
    {"type": "typing"},
    {"type": "stop"},
]
ENDPOINTS = [
    ("messages", {"text": "hello"}),
    ("messages", None),
    ("handoff", {}),
    ("contact", {"text": "hello", "email": "eve@shop.example"}),
    ("rate", {"seq": 2, "value": -1, "reason": "eve"}),
    ("csat", {"score": 1, "comment": "eve"}),
    ("identify", {"jwt": "a.b.c"}),
]


class Victim(Browser):
    cmid = ""


@pytest.mark.stack
class TestStrangers:
    """Eve knows every identifier of Ben's chat but his token."""

    @pytest.fixture
    async def ben(self, stack):
        ben = Victim(stack.base_url)
        await ben.begin()
        await ben.connect()
        ben.cmid = await ben.send(SECRET)
        await ben.until("message", author="bot")
        await ben.leave()
        return ben

    @pytest.fixture
    async def eve(self, stack):
        eve = await Browser(stack.base_url).begin()
        yield eve
        await eve.leave()

    def stolen(self, ben):
        return {**dict.fromkeys(NAMES, ben.session), "message": new_cmid(), "turn": ben.session}

    @pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame["type"])
    @pytest.mark.parametrize("own_cmid", [True, False], ids=["own", "stolen"])
    async def test_no_frame_reads_or_changes_another_visitors_chat(
        self, servers, ben, eve, frame, own_cmid
    ):
        before = servers.query(ROWS, ben.session)
        await eve.connect()
        cmid = new_cmid() if own_cmid else ben.cmid
        await eve.write(**{**self.stolen(ben), **frame, "cmid": cmid})
        await eve.write(type="sync", since=0)
        await eve.until("synced")
        assert servers.query(ROWS, ben.session) == before
        assert SECRET not in str(eve.heard)

    @pytest.mark.parametrize(("path", "body"), ENDPOINTS, ids=range(len(ENDPOINTS)))
    async def test_no_endpoint_reads_or_changes_another_visitors_chat(
        self, servers, stack, ben, eve, path, body
    ):
        before = servers.query(ROWS, ben.session)
        names = "&".join(f"{name}={ben.session}" for name in NAMES)
        url = f"{stack.base_url}/api/v1/chat/{path}?since=0&{names}"
        if body is not None:
            body = {**self.stolen(ben), **body, "cmid": ben.cmid}
        _, answer = await acall(url, body, eve.token)
        assert SECRET not in str(answer)
        assert servers.query(ROWS, ben.session) == before

    @pytest.mark.parametrize("path", ["messages", "handoff", "contact", "rate", "csat", "identify"])
    @pytest.mark.parametrize("claim", ["session", "cmid", "digest"])
    async def test_an_identifier_is_no_token(self, stack, ben, path, claim):
        digest = hashlib.sha256(ben.token.encode()).hexdigest()
        token = {"session": ben.session, "cmid": ben.cmid, "digest": digest}[claim]
        body = {"cmid": new_cmid(), "text": "x", "seq": 2, "value": 1, "score": 1, "jwt": "x"}
        status, answer = await acall(f"{stack.base_url}/api/v1/chat/{path}", body, token)
        assert (status, answer["code"]) == (401, "token_unknown")

    async def test_a_rating_of_a_line_that_is_not_hers_is_like_one_of_no_line(
        self, stack, ben, eve
    ):
        url = f"{stack.base_url}/api/v1/chat/rate"
        found = await acall(url, {"seq": 2, "value": 1}, eve.token)
        nowhere = await acall(url, {"seq": 9999, "value": 1}, eve.token)
        assert found == nowhere
        assert found[0] == 404
