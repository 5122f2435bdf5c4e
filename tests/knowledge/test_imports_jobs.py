"""Imports go on over losses, happen once, stop when told to, and need no broker."""

import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from apps.knowledge import tasks
from apps.knowledge.models import Faq, FaqImport, FaqVersion, IndexState
from apps.knowledge.sheets import jobs, leases, services, staging
from apps.knowledge.sheets.checking import Matcher
from apps.knowledge.sheets.problems import SheetError
from apps.knowledge.sheets.store import store_rows
from tests.knowledge.sheets import checked, csv_of, uploaded, worked_at
from tests.staff import alice, bob, olga

pytestmark = pytest.mark.django_db

MANY = [(f"Question {n}?", f"Answer {n}.") for n in range(12)]


@pytest.fixture
def author():
    return bob()


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(jobs, "BATCH", 5)


@pytest.fixture
def ready(site, author):
    return checked(site, author, csv_of(*MANY))


def held(sheet):
    lease = leases.claim(sheet.pk)
    assert lease
    return lease


def lose(sheet):
    """The worker is gone without a word, and its lease has run out."""
    FaqImport.objects.filter(pk=sheet.pk).update(lease_until=timezone.now())


class TestOnce:
    def test_a_second_click_does_nothing(self, ready):
        assert services.begin_writing(sheet=ready, by=ready.author)
        assert not services.begin_writing(sheet=ready, by=ready.author)
        worked_at(ready)
        assert not services.begin_writing(sheet=ready, by=ready.author)
        assert Faq.objects.count() == len(MANY)

    def test_two_workers_do_not_share_it(self, ready):
        services.begin_writing(sheet=ready, by=ready.author)
        first = leases.claim(ready.pk)
        assert first
        assert leases.claim(ready.pk) is None
        assert jobs.run(ready.pk) is False
        assert not Faq.objects.exists()

    def test_a_task_that_comes_twice_writes_once(self, ready):
        services.begin_writing(sheet=ready, by=ready.author)
        tasks.run_import(ready.pk)
        tasks.run_import(ready.pk)
        assert Faq.objects.count() == len(MANY)

    def test_the_same_file_in_two_imports_adds_once(self, site, author):
        sheets = [checked(site, author, csv_of(*MANY)) for _ in range(2)]
        for sheet in sheets:
            services.begin_writing(sheet=sheet, by=author)
            worked_at(sheet)
        assert Faq.objects.count() == len(MANY)
        assert sheets[1].count("failed") == len(MANY)


class TestLosses:
    def test_the_next_worker_goes_on_after_the_last_batch(self, ready):
        services.begin_writing(sheet=ready, by=ready.author)
        lease = held(ready)
        with transaction.atomic():
            jobs._batch(lease, is_undo=False)
        assert Faq.objects.count() == 5
        lose(ready)
        assert worked_at(ready).counts == {"new": 12, "written": 12, "searched": 0}
        assert Faq.objects.count() == len(MANY)

    def test_who_has_lost_it_stores_nothing(self, ready):
        services.begin_writing(sheet=ready, by=ready.author)
        lease = held(ready)
        lose(ready)
        assert leases.claim(ready.pk)
        with pytest.raises(leases.LostError), transaction.atomic():
            jobs._batch(lease, is_undo=False)
        assert not Faq.objects.exists()

    def test_a_batch_that_fails_leaves_nothing(self, ready, monkeypatch):
        services.begin_writing(sheet=ready, by=ready.author)

        def fails(batch):
            store(batch)
            if Faq.objects.count() > 5:
                raise RuntimeError("broken")

        store = store_rows
        monkeypatch.setattr(jobs, "store_rows", lambda batch: fails(batch) or 0)
        worked_at(ready)
        assert (ready.state, ready.problem["code"]) == ("failed", "crashed")
        assert Faq.objects.count() == ready.count("written") == 5
        assert services.may_undo(ready)

    def test_a_database_that_is_away_is_no_failure(self, ready, monkeypatch):
        services.begin_writing(sheet=ready, by=ready.author)

        def gone(batch):
            raise OperationalError("away")

        with monkeypatch.context() as patch:
            patch.setattr(jobs, "store_rows", gone)
            with pytest.raises(OperationalError):
                jobs.run(ready.pk)
        lose(ready)
        assert worked_at(ready).state == "done"

    def test_what_kills_its_workers_is_given_up(self, ready):
        services.begin_writing(sheet=ready, by=ready.author)
        for _ in range(leases.MOST_TRIES):
            assert leases.claim(ready.pk)
            lose(ready)
        assert leases.claim(ready.pk) is None
        ready.refresh_from_db()
        assert (ready.state, ready.problem["params"]) == ("failed", {"number": ready.pk})

    def test_checking_starts_again_from_the_start(self, site, author, monkeypatch):
        monkeypatch.setattr(staging, "BATCH", 5)
        sheet = uploaded(site, author, csv_of(*MANY))
        with monkeypatch.context() as patch:
            patch.setattr(Matcher, "match", breaks_after(1, Matcher.match))
            with pytest.raises(OperationalError):
                jobs.run(sheet.pk)
        lose(sheet)
        assert worked_at(sheet).counts == {"new": 12}
        assert sheet.rows.count() == 12

    def test_a_slice_gives_way_and_the_next_goes_on(self, ready, monkeypatch):
        monkeypatch.setattr(jobs, "SLICE_SECONDS", -1)
        services.begin_writing(sheet=ready, by=ready.author)
        assert jobs.run(ready.pk) is True
        monkeypatch.undo()
        assert worked_at(ready).state == "done"

    def test_an_author_without_an_account(self, ready):
        services.begin_writing(sheet=ready, by=ready.author)
        FaqImport.objects.update(author=None, decided_by=None)
        worked_at(ready)
        assert (ready.state, ready.problem["code"]) == ("failed", "left")


class TestWhoDecides:
    @pytest.mark.parametrize("rights", [None, "add_faq", "change_faq"])
    def test_who_was_locked_out_goes_on_with_nothing(self, ready, author, rights):
        services.begin_writing(sheet=ready, by=author)
        lease = held(ready)
        with transaction.atomic():
            jobs._batch(lease, is_undo=False)
        lease.pause()
        lock_out(author, rights)
        worked_at(ready)
        assert (ready.state, ready.problem["code"]) == ("failed", "left")
        assert Faq.objects.count() == ready.count("written") == 5

    def test_within_a_slice_it_is_the_next_batch(self, ready, author):
        services.begin_writing(sheet=ready, by=author)
        lease = held(ready)
        with transaction.atomic():
            jobs._batch(lease, is_undo=False)
        lock_out(author)
        with pytest.raises(SheetError, match="left"), transaction.atomic():
            jobs._batch(lease, is_undo=False)
        assert Faq.objects.count() == 5

    def test_a_leaver_s_import_is_undone_by_another(self, site, author):
        sheet = checked(site, author, csv_of(*MANY), status="live")
        services.begin_writing(sheet=sheet, by=author)
        worked_at(sheet)
        lock_out(author)
        boss = olga()
        assert services.undo(sheet=sheet, by=boss)
        assert worked_at(sheet).state == "undone"
        assert not Faq.objects.exists()
        assert set(FaqVersion.objects.deletions().values_list("author", flat=True)) == {boss.pk}

    def test_what_another_lets_in_goes_by_that_one_s_permissions(self, site, author):
        sheet = checked(site, author, csv_of(*MANY), status="live")
        editor = alice()
        services.begin_writing(sheet=sheet, by=editor)
        assert worked_at(sheet).count("failed") == len(MANY)

    def test_a_file_that_is_checked_again_is_its_author_s_again(self, ready, author):
        services.begin_writing(sheet=ready, by=olga())
        FaqImport.objects.update(state="failed")
        ready.refresh_from_db()
        assert services.check_again(sheet=ready)
        assert ready.decided_by is None


def lock_out(user, right=None):
    if right:
        user.user_permissions.set(user.user_permissions.exclude(codename=right))
    else:
        user.is_active = False
        user.save()


class TestSweepingOut:
    @pytest.mark.django_db(transaction=True)
    def test_leaves_what_has_just_begun(self, ready, author):
        """The sweeper comes while the transaction of whoever begins is still open."""
        FaqImport.objects.update(created_at=timezone.now() - timedelta(days=8))
        begun, swept = threading.Event(), threading.Event()

        def begin():
            with transaction.atomic():
                services.begin_writing(sheet=ready, by=author)
                begun.set()
                swept.wait(20)
            connection.close()

        beginner = threading.Thread(target=begin)
        beginner.start()
        assert begun.wait(20)
        found = jobs.sweep_out()
        swept.set()
        beginner.join(20)
        assert (found, ready.rows.count()) == (0, len(MANY))
        assert worked_at(ready).count("written") == len(MANY)

    @pytest.mark.django_db(transaction=True)
    def test_undo_that_comes_while_it_is_swept_is_refused(self, ready, author):
        services.begin_writing(sheet=ready, by=author)
        worked_at(ready)
        answers = []

        def undo():
            answers.append(services.undo(sheet=ready, by=author))
            connection.close()

        clicker = threading.Thread(target=undo)
        with transaction.atomic():
            FaqImport.objects.select_for_update().get(pk=ready.pk)
            clicker.start()
            clicker.join(0.5)
            ready.parts.all().delete()
            ready.rows.all().delete()
        clicker.join(20)
        assert answers == [False]
        assert FaqImport.objects.get().state == "done"


def breaks_after(calls, method):
    left = [calls]

    def broken(*args):
        if not left[0]:
            raise OperationalError("away")
        left[0] -= 1
        return method(*args)

    return broken


class TestCancel:
    def test_stops_before_the_next_batch_and_can_be_undone(self, site, author):
        sheet = checked(site, author, csv_of(*MANY), status="live")
        services.begin_writing(sheet=sheet, by=author)
        lease = held(sheet)
        with transaction.atomic():
            jobs._batch(lease, is_undo=False)
        sheet.refresh_from_db()
        assert services.cancel(sheet=sheet)
        with pytest.raises(leases.LostError), transaction.atomic():
            jobs._batch(lease, is_undo=False)
        assert (Faq.objects.count(), sheet.state) == (5, "cancelled")
        assert IndexState.objects.get(site=site).wanted == 1
        assert services.undo(sheet=sheet, by=author)
        assert worked_at(sheet).state == "undone"
        assert not Faq.objects.exists()

    def test_while_it_is_checked(self, site, author):
        sheet = uploaded(site, author, csv_of(*MANY))
        assert services.cancel(sheet=sheet)
        assert jobs.run(sheet.pk) is False
        assert not services.begin_writing(sheet=sheet, by=author)

    def test_not_after_its_end(self, ready):
        services.begin_writing(sheet=ready, by=ready.author)
        assert not services.cancel(sheet=worked_at(ready))


class TestWithoutTheBroker:
    def test_the_door_does_not_fail(
        self, site, author, monkeypatch, django_capture_on_commit_callbacks
    ):
        def away(*args):
            raise BrokerError("away")

        monkeypatch.setattr(tasks.run_import, "delay", away)
        with django_capture_on_commit_callbacks(execute=True):
            sheet = uploaded(site, author, csv_of(*MANY))
        assert FaqImport.objects.waiting().get() == sheet

    def test_the_command_does_what_waits(self, site, author):
        sheet = uploaded(site, author, csv_of(*MANY))
        call_command("run_imports")
        sheet.refresh_from_db()
        assert sheet.state == "ready"
        services.begin_writing(sheet=sheet, by=author)
        call_command("run_imports")
        sheet.refresh_from_db()
        assert sheet.state == "done"

    def test_the_sweeper_starts_one_process(self, site, author, monkeypatch):
        started = []

        class Running:
            def __init__(self, command, cwd):
                started.append((command, cwd))

            def poll(self):
                return None

        monkeypatch.setattr(subprocess, "Popen", Running)
        monkeypatch.setattr(jobs, "_spawned", [])
        uploaded(site, author, csv_of(*MANY))
        assert jobs.spawn_waiting() == 0
        FaqImport.objects.update(wanted_at=timezone.now() - timedelta(seconds=10))
        assert jobs.spawn_waiting() == 1
        assert jobs.spawn_waiting() == 1
        command = [sys.executable, "manage.py", "run_imports", "--limited"]
        assert started == [(command, django_settings.BASE_DIR)]

    def test_asking_again_needs_one_that_waits(self, ready, site, author):
        assert not services.try_again(sheet=ready)
        assert services.try_again(sheet=uploaded(site, author, csv_of(*MANY)))
