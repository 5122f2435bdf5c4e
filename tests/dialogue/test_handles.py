"""A live session's handle: what its feeds hear, in which order, and what they are spared."""

import asyncio

import pytest
from channels.db import database_sync_to_async as in_database
from django.db import transaction

from apps.chat.frames import PAGE
from apps.chat.items import Item, Line
from apps.chat.journal import append
from apps.chat.models import Session
from apps.dialogue.handles import Ack, Desk, Handle
from apps.dialogue.play import Said, Standing
from apps.engine.types import Author, Mode, State
from apps.guard.limits import LeakyBucket
from tests.dialogue.ears import Ears, listening, row, standing


@pytest.fixture
def handle():
    return Handle(standing(), LeakyBucket(20, 1))


class TestDeliver:
    def test_rows_go_to_every_feed_in_order(self, handle, ann, ben):
        handle.deliver([row(1), row(2)])
        assert ann.seqs == ben.seqs == [1, 2]
        assert ann.cursor == ben.cursor == handle.standing.last_seq == 2

    def test_what_was_delivered_before_is_not_sent_again(self, handle, ann):
        handle.deliver([row(1), row(2)])
        handle.deliver([row(1), row(2), row(3)])
        assert ann.seqs == [1, 2, 3]

    def test_nothing_is_sent_over_a_gap(self, handle, ann):
        handle.deliver([row(2), row(3)])
        assert (ann.frames, handle.standing.last_seq) == ([], 0)
        handle.deliver([row(1), row(2), row(3)])
        assert ann.seqs == [1, 2, 3]

    def test_without_feeds_the_handle_moves_all_the_same(self, handle):
        handle.deliver([row(1)])
        assert handle.standing.last_seq == 1

    def test_the_sender_gets_the_ack_and_the_others_the_message(self, handle, ann, ben, cmid):
        line = row(1, Author.VISITOR, cmid)
        handle.deliver([line, row(2)], Ack(ann, cmid))
        assert ann.frames[0] == {
            "type": "ack",
            "cmid": str(cmid),
            "seq": 1,
            "message": str(line.id),
        }
        assert (ann.kinds, ann.seqs) == (["ack", "message"], [1, 2])
        assert (ben.kinds, ben.frames[0]["cmid"]) == (["message", "message"], str(cmid))
        assert ann.cursor == ben.cursor == 2

    def test_lines_of_others_before_the_own_one_come_first(self, handle, ann, cmid):
        handle.deliver([row(1), row(2, Author.VISITOR, cmid), row(3)], Ack(ann, cmid))
        assert (ann.kinds, ann.seqs) == (["message", "ack", "message"], [1, 2, 3])

    def test_an_ack_is_given_once(self, handle, ann, cmid):
        ack = Ack(ann, cmid)
        line = row(1, Author.VISITOR, cmid)
        handle.deliver([line], ack)
        assert ack.give(1, line.id) == ack.frame
        assert ann.kinds == ["ack"]

    def test_a_request_without_a_feed_has_its_ack_kept(self, handle, ann, cmid):
        ack = Ack(None, cmid)
        handle.deliver([row(1, Author.VISITOR, cmid)], ack)
        assert (ack.frame or {})["seq"] == 1
        assert ann.kinds == ["message"]

    def test_an_operators_line_with_the_same_cmid_is_not_the_visitors(self, handle, ann, cmid):
        ack = Ack(ann, cmid)
        handle.deliver([row(1, Author.OPERATOR, cmid)], ack)
        assert (ann.kinds, ack.frame) == (["message"], None)

    def test_a_feed_that_leaves_while_it_is_told_harms_no_other(self, handle, ann, ben):
        def leave(frame):
            handle.feeds.discard(ann)

        ann.push = leave
        handle.deliver([row(1), row(2)])
        handle.broadcast({"type": "heartbeat", "last_seq": 2})
        assert ben.seqs == [1, 2]


class TestStand:
    def test_a_newer_state_is_taken_over_and_told(self, handle, ann):
        newer = standing(handle.standing.session, version=2, state=State.HANDOFF, mode=Mode.QUEUED)
        handle.stand(newer)
        told = {"type": "state", "state": "HANDOFF", "mode": "queued", "slots": []}
        assert (handle.standing, ann.frames) == (newer, [told])

    @pytest.mark.parametrize("version", [0, 1])
    def test_an_older_or_equal_one_is_not(self, handle, ann, version):
        before = handle.standing
        handle.stand(standing(before.session, version=version, state=State.END))
        assert (handle.standing, ann.frames) == (before, [])

    def test_a_version_alone_is_no_news(self, handle, ann):
        handle.stand(standing(handle.standing.session, version=5))
        assert (handle.standing.version, ann.frames) == (5, [])

    def test_it_never_moves_the_last_line_delivered(self, handle):
        handle.deliver([row(1)])
        handle.stand(standing(handle.standing.session, version=2, last_seq=9))
        assert handle.standing.last_seq == 1


class TestMarked:
    async def test_a_line_under_way_can_be_found_and_waited_for(self, handle, cmid):
        said = Said(cmid, "x")
        with handle.marked(said, Ack(None, cmid)) as twin:
            assert (handle.waiting, handle.under_way) == (1, {cmid: twin})
            waiting = asyncio.create_task(twin.answered())
            twin.answer = {"type": "ack"}
        assert await waiting == {"type": "ack"}
        assert (handle.waiting, handle.under_way) == (0, {})

    async def test_a_line_that_failed_answers_nothing_and_leaves_its_place(self, handle, cmid):
        with (
            pytest.raises(ZeroDivisionError),
            handle.marked(Said(cmid, "x"), Ack(None, cmid)) as twin,
        ):
            raise ZeroDivisionError
        assert await twin.answered() is None
        assert (handle.waiting, handle.under_way) == (0, {})


class TestDesk:
    def test_a_session_has_one_handle_as_long_as_somebody_uses_it(self):
        desk, here = Desk(), standing()
        first = desk.take(here, LeakyBucket(1, 1))
        again = desk.take(standing(here.session, version=9), LeakyBucket(1, 1))
        assert again is first is desk.find(here.session)
        assert first.standing is here
        desk.give_back(first)
        assert desk.all() == [first]
        desk.give_back(first)
        assert desk.all() == []
        assert desk.find(here.session) is None


@in_database
def write(session, count=1, **more):
    """Lines of an operator in another process."""
    with transaction.atomic():
        lines = tuple(Line(Author.OPERATOR, f"line {number}") for number in range(count))
        append(Item(session.id, None, lines, **more))


@pytest.mark.django_db(transaction=True)
class TestCatchUp:
    @pytest.fixture
    def session(self, transactional_db, make_session):
        return make_session()

    @pytest.fixture
    def live(self, session):
        return Handle(Standing.of(session), LeakyBucket(20, 1))

    async def test_what_others_wrote_comes_in_order_then_their_state(self, session, live):
        ears = listening(live)
        await write(session, 3, state=State.HANDOFF, mode=Mode.HUMAN)
        await live.catch_up()
        assert (ears.seqs, ears.kinds[-1]) == ([1, 2, 3], "state")
        assert (live.standing.version, live.standing.mode) == (1, Mode.HUMAN)
        await live.catch_up()
        assert len(ears.frames) == 4

    async def test_more_than_a_page_comes_whole(self, session, live):
        ears = listening(live)
        await write(session, 2 * PAGE + 1)
        await live.catch_up()
        assert ears.seqs == list(range(1, 2 * PAGE + 2))

    async def test_an_erased_session_says_so(self, session, live):
        await in_database(session.delete)()
        with pytest.raises(Session.DoesNotExist):
            await live.catch_up()

    async def test_a_feed_that_joins_reads_from_its_cursor_and_goes_live(self, session, live):
        await write(session, 5)
        ears = Ears(cursor=2)
        await live.join(ears)
        assert (ears.seqs, ears.cursor) == ([3, 4, 5], 5)
        assert ears in live.feeds
        await write(session)
        await live.catch_up()
        assert ears.seqs == [3, 4, 5, 6]

    async def test_a_long_history_comes_in_pages_no_faster_than_it_is_taken(self, session, live):
        await write(session, 2 * PAGE + 5)
        ears = Ears()
        await live.join(ears)
        assert ears.seqs == list(range(1, 2 * PAGE + 6))
        assert ears.settled == 2 * PAGE + 5

    async def test_what_is_written_while_a_feed_joins_comes_once_and_in_order(self, session, live):
        async def more():
            await write(session, 3)
            await live.catch_up()

        other = listening(live)
        await write(session, PAGE + 1)
        ears = Ears(on_settle=more)
        await live.join(ears)
        everything = list(range(1, PAGE + 5))
        assert ears.seqs == other.seqs == everything
        assert ears.cursor == live.standing.last_seq == PAGE + 4

    async def test_a_feed_that_is_ahead_of_the_handle_takes_it_along(self, session, live):
        other = listening(live)
        await write(session, 4)
        await live.join(Ears())
        assert other.seqs == [1, 2, 3, 4]
        assert live.standing.last_seq == 4

    async def test_joining_again_from_an_older_line_repeats_what_was_asked_for(self, session, live):
        await write(session, 3)
        ears = Ears()
        await live.join(ears)
        ears.cursor = 1
        await live.join(ears)
        assert ears.seqs == [1, 2, 3, 2, 3]
        assert live.feeds == {ears}

    async def test_a_feed_joins_a_session_whose_lines_were_erased(self, session, live):
        await write(session, 3)
        await live.catch_up()
        await in_database(session.messages.all().delete)()
        ears = Ears()
        async with asyncio.timeout(20):
            await live.join(ears)
        assert (ears.frames, live.feeds) == ([], {ears})
