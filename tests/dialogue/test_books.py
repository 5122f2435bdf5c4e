"""What staff publish reaches every process, and costs a turn nothing."""

import contextlib
import gc
import logging
import os
import subprocess
import sys
import weakref
from urllib.parse import urlsplit

import pytest
from django.db import connection, transaction

from apps.dialogue import books
from apps.dialogue.flows import rules, services
from apps.dialogue.models import BookState, Flow, FlowVersion, Phrase, PolicyRow
from apps.engine import reading
from apps.engine.book import EMPTY_BOOK, Book, PhraseKind
from apps.engine.policy import DEFAULT, Condition, Step
from apps.engine.understand import common, outside
from apps.sites.models import Site
from tests.dialogue.flow_rows import return_flow

pytestmark = pytest.mark.django_db
LOAD = books.load


@pytest.fixture(autouse=True)
def _own_books(monkeypatch):
    monkeypatch.setattr(books, "_books", {})


def test_a_site_without_anything_has_the_empty_book(site):
    books.refresh()
    assert books.of(site.pk) is EMPTY_BOOK


def test_reading_asks_the_database_nothing(site, django_assert_num_queries):
    services.publish(flow=return_flow(site), author=None)
    books.refresh()
    with django_assert_num_queries(0):
        assert [flow.key for flow in books.of(site.pk).flows] == ["return_order"]


def test_only_what_moved_is_loaded(site, django_assert_num_queries):
    services.publish(flow=return_flow(site), author=None)
    books.refresh()
    before = books.of(site.pk)
    with django_assert_num_queries(1):
        books.refresh()
    assert books.of(site.pk) is before
    Phrase.objects.create(site=site, kind="affirm", language="zh-Hans", text="中")
    services.books_changed(site_ids=[site.pk])
    with django_assert_num_queries(5):
        books.refresh()
    assert books.of(site.pk).phrases == {PhraseKind.AFFIRM: ("中",)}


def test_a_book_is_learnt_before_anybody_meets_it(site, monkeypatch):
    """What its examples teach takes a while, and a line is read on the sockets' loop."""
    services.publish(flow=return_flow(site), author=None)
    books.refresh()
    book = books.of(site.pk)
    monkeypatch.setattr(reading, "learn", None)
    for _ in range(40):
        reading.phrases(books.load(site.pk))
    assert reading.matcher(book).rank("I want to return it")[0].flow == "return_order"


def test_a_preview_leaves_nothing_behind(site):
    """Each makes a book of its own."""
    services.publish(flow=return_flow(site), author=None)
    book = books.load(site.pk)
    assert outside("I want to return it", book, None) == common(book)("I want to return it", None)
    left = weakref.ref(book)
    del book
    gc.collect()
    assert left() is None


def test_flows_stand_in_the_order_of_the_list(site):
    for place, key in enumerate(["last", "first"]):
        flow = return_flow(site, key=key, position=9 - place)
        services.publish(flow=flow, author=None)
    assert [flow.key for flow in books.load(site.pk).flows] == ["first", "last"]


def test_a_draft_is_not_in_it(site):
    services.books_changed(site_ids=[return_flow(site).site_id])
    books.refresh()
    assert books.of(site.pk).flows == ()


def test_products_are_named_in_every_way_once(site):
    listed = services.Listed("lark-2", "Lark", "云雀", "lark2， Lark、the buds")
    services.set_products(site=site, products=[listed])
    (product,) = books.load(site.pk).products
    assert (product.value, product.names) == ("lark-2", ("Lark", "云雀", "lark2", "the buds"))


def test_setting_products_changes_those_that_are_there(site):
    services.set_products(
        site=site, products=[services.Listed("a", "A"), services.Listed("b", "B")]
    )
    again = [services.Listed("b", "B2"), services.Listed("c", "C")]
    assert services.set_products(site=site, products=again) == (1, 1)
    names = {product.value: product.names for product in books.load(site.pk).products}
    assert names == {"a": ("A",), "b": ("B2",), "c": ("C",)}


def test_what_another_release_wrote_is_left_out(site, caplog):
    services.publish(flow=return_flow(site), author=None)
    services.publish(flow=return_flow(site, key="broken"), author=None)
    FlowVersion.objects.filter(key="broken").update(spec={"key": "broken", "shape": "new"})
    with caplog.at_level(logging.WARNING):
        assert [flow.key for flow in books.load(site.pk).flows] == ["return_order"]
    assert "cannot be read" in caplog.text


def test_versions_that_nobody_can_be_in_any_more_are_let_go(site):
    flow = return_flow(site)
    services.publish(flow=flow, author=None)
    services.publish(flow=flow, author=None)
    FlowVersion.objects.filter(number=1).update(retired_at="2020-01-01T00:00Z")
    assert books.load(site.pk).past == ()


def test_a_deleted_site_is_forgotten(site):
    services.publish(flow=return_flow(site), author=None)
    books.refresh()
    key = site.pk
    site.delete()
    books.refresh()
    assert books.of(key) is EMPTY_BOOK


class TestPolicy:
    def test_the_defaults_hold_until_a_site_has_rows(self, site):
        assert books.load(site.pk).rules == DEFAULT
        services.copy_default_policy(site=site)
        assert books.load(site.pk).rules == DEFAULT
        PolicyRow.objects.filter(name="loop").update(then="handoff", at=4)
        (loop,) = (rule for rule in books.load(site.pk).rules if rule.id == "loop")
        assert (loop.when, loop.then, loop.at) == (Condition.LOOP, Step.HANDOFF, 4)

    def test_copying_twice_is_copying_once(self, site):
        assert len(services.copy_default_policy(site=site)) == len(DEFAULT)
        assert services.copy_default_policy(site=site) == []

    def test_a_table_that_does_not_hold_gives_way_to_the_defaults(self, site, caplog):
        services.copy_default_policy(site=site)
        PolicyRow.objects.filter(when="always").delete()
        with caplog.at_level(logging.WARNING):
            assert books.load(site.pk).rules == DEFAULT

    @pytest.mark.parametrize("field", ["when", "then"])
    def test_a_row_of_another_release_gives_way_to_the_defaults(self, site, caplog, field):
        services.copy_default_policy(site=site)
        PolicyRow.objects.filter(name="near").update(**{field: "unheard_of"})
        with caplog.at_level(logging.WARNING):
            assert books.load(site.pk).rules == DEFAULT
        assert f"site {site.pk}" in caplog.text

    def test_rows_that_are_off_are_passed_over(self, site):
        services.copy_default_policy(site=site)
        PolicyRow.objects.filter(name="near").update(enabled=False)
        assert "near" not in [rule.id for rule in books.load(site.pk).rules]

    def test_every_row_of_the_defaults_is_a_good_one(self, site):
        rows = rules.defaults(site)
        assert rules.problems(rows) == []
        assert [rules.row_problems(row) for row in rows] == [{}] * len(DEFAULT)


class TestMoving:
    """Every change moves the version in its own transaction."""

    def test_with_the_change_or_not_at_all(self, site):
        flow = return_flow(site)
        services.publish(flow=flow, author=None)
        with contextlib.suppress(RuntimeError), transaction.atomic():
            services.publish(flow=flow, author=None)
            raise RuntimeError
        assert BookState.objects.get().version == 1
        assert FlowVersion.objects.count() == 1

    @pytest.mark.parametrize(
        "change",
        [
            lambda site: services.set_enabled(flows=Flow.objects.all(), enabled=False),
            lambda site: services.delete_flows(flows=Flow.objects.all()),
            lambda site: services.drop_policy(site=site),
            lambda site: services.copy_default_policy(site=site),
            lambda site: services.draft_changed(flow=Flow.objects.get(), shows=True),
        ],
    )
    def test_with_each_kind(self, site, change):
        services.publish(flow=return_flow(site), author=None)
        change(site)
        assert BookState.objects.get().version == 2

    @pytest.mark.parametrize(
        "change",
        [
            lambda site: services.draft_changed(flow=Flow.objects.get()),
            lambda site: services.save_drafts(site=site, specs=services.standard_specs()),
            lambda site: services.restore(
                flow=Flow.objects.get(), version=FlowVersion.objects.get()
            ),
        ],
    )
    def test_not_with_what_no_visitor_meets(self, site, change):
        services.publish(flow=return_flow(site), author=None)
        change(site)
        assert BookState.objects.get().version == 1


@pytest.mark.django_db(transaction=True)
def test_another_process_sees_it_without_a_restart(site):
    """The other one loads, waits for a line, looks again and tells what it has."""
    services.publish(flow=return_flow(site), author=None)
    code = (
        "import django; django.setup()\n"
        "from apps.dialogue import books\n"
        "def tell(): books.refresh(); "
        f"print([f.version for f in books.of({site.pk}).flows], flush=True)\n"
        "tell(); input(); tell()\n"
    )
    address = urlsplit(os.environ["DATABASE_URL"])
    ours = address._replace(path=f"/{connection.settings_dict['NAME']}")
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "DATABASE_URL": ours.geturl(),
            "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
        },
    ) as other:
        assert other.stdout.readline() == "[1]\n"
        services.publish(flow=Flow.objects.get(), author=None)
        other.stdin.write("\n")
        other.stdin.flush()
        assert other.stdout.readline() == "[2]\n"


class TestAFaultOfOneSite:
    """It is told in the log, and everybody else goes on."""

    @pytest.fixture
    def others(self, site, monkeypatch):
        """Before it and after it stand sites that are in order."""
        services.books_changed(site_ids=[site.pk])
        found = [Site.objects.create(key=key, name=key) for key in ("southbird", "eastbird")]
        broken = found[0].pk
        services.books_changed(site_ids=[other.pk for other in found])

        def breaks(site_id, version=0):
            if site_id == broken:
                raise RuntimeError("order 202580668968")
            return LOAD(site_id, version)

        monkeypatch.setattr(books, "load", breaks)
        monkeypatch.setattr(books, "_failed", {}, raising=False)
        return [site.pk, broken, found[1].pk]

    def test_the_sites_after_it_are_loaded(self, others, caplog):
        books.refresh()
        assert [books.of(key).version for key in others] == [1, 0, 1]
        assert f"site {others[1]}" in caplog.text
        assert "RuntimeError" in caplog.text
        assert "202580668968" not in caplog.text

    def test_it_is_told_once_for_each_version(self, others, caplog):
        for _ in range(3):
            books.refresh()
        assert caplog.text.count("RuntimeError") == 1
        services.books_changed(site_ids=[others[1]])
        books.refresh()
        assert caplog.text.count("RuntimeError") == 2

    def test_it_keeps_the_book_that_it_had(self, others, monkeypatch):
        monkeypatch.setitem(books._books, others[1], Book(version=7))
        books.refresh()
        assert books.of(others[1]).version == 7

    def test_and_is_loaded_once_it_can_be(self, others, monkeypatch):
        books.refresh()
        monkeypatch.setattr(books, "load", LOAD)
        books.refresh()
        assert books.of(others[1]).version == 1
