"""The card of first steps: what it says is so, and what its buttons do."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psycopg
import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.demo import data as demo_data
from apps.demo import fake_models
from apps.knowledge.models import Faq
from apps.llm.values import Purpose, Tier
from apps.sites.models import Sighting, Site
from helpdesk import first_steps
from helpdesk.models import FirstSteps
from tests.dialogue.flow_rows import return_flow
from tests.llm.rows import LOCAL_URL, model, provider
from tests.staff import alice, olga, page, signed_in
from tests.threads import in_own_thread

pytestmark = pytest.mark.django_db

BLOCKED = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@pytest.fixture
def boss() -> User:
    return olga()


@pytest.fixture
def demo() -> Site:
    return Site.objects.create(key=demo_data.KEY, name="Northbird Audio")


def card(user: User):
    return signed_in(user).get(page("index")).context["first_steps"]


def done(user: User) -> set[str]:
    return {step.key for step in card(user)["steps"] if step.done}


class TestState:
    def test_nothing_but_the_password_is_done_at_first(self, boss, demo):
        found = card(boss)
        assert [step.key for step in found["steps"]] == list(first_steps.STEPS)
        assert done(boss) == {"password"}
        assert found["next"] == "site"
        assert not found["folded"]

    def test_the_generated_password(self, boss, tmp_path, settings):
        settings.BASE_DIR = tmp_path
        (tmp_path / "var").mkdir()
        kept = tmp_path / "var" / "operator.json"
        kept.write_text(json.dumps({"user": "olga", "password": "generated one"}))
        boss.set_password("generated one")
        boss.save()
        assert "password" not in done(boss)
        boss.set_password("a better one")
        boss.save()
        assert "password" in done(boss)

    @pytest.mark.parametrize(
        "text", ["", "[]", '{"user": "olga"}', '{"user": "x", "password": "y"}']
    )
    def test_a_strange_file_is_no_fault(self, boss, tmp_path, settings, text):
        settings.BASE_DIR = tmp_path
        (tmp_path / "var").mkdir()
        (tmp_path / "var" / "operator.json").write_text(text)
        assert "password" in done(boss)

    def test_of_an_own_site(self, boss, demo, site):
        Site.objects.filter(pk=site.pk).update(allowed_pages=[])
        assert done(boss) == {"password", "site"}
        Site.objects.filter(pk=site.pk).update(
            allowed_pages=["https://shop.example"], accent="#123456"
        )
        Faq.objects.create(site=site, language="en", question="q", answer="a", status="live")
        Sighting.objects.create(site=site, origin="https://shop.example", seen_at=timezone.now())
        assert done(boss) == {"password", "site", "theme", "embed", "knowledge", "seen"}

    def test_the_line_is_to_be_pasted_until_it_was_seen(self, boss, site):
        assert site.allowed_pages
        assert "embed" not in done(boss)
        links = {step.key: step.link for step in card(boss)["steps"]}
        assert links["embed"] == page("sites_site_change", site.pk) + "#id_allowed_pages"
        assert links["theme"] == page("sites_site_change", site.pk) + "#id_accent"
        form = signed_in(boss).get(links["embed"]).content.decode()
        assert 'id="id_allowed_pages"' in form
        assert 'id="id_accent"' in form

    def test_its_sightings_are_asked_for_once(self, boss, site):
        staff = signed_in(boss)
        staff.get(page("index"))
        with CaptureQueriesContext(connection) as asked:
            staff.get(page("index"))
        assert len([one for one in asked if 'FROM "sites_sighting"' in one["sql"]]) == 1

    def test_where_it_was_seen_is_shown(self, boss, site):
        origin = site.allowed_pages[0]
        Sighting.objects.create(site=site, origin=origin, seen_at=timezone.now())
        shown = signed_in(boss).get(page("index")).content.decode()
        assert f"<bdi>{origin}</bdi>" in shown

    def test_the_demo_is_not_the_owners(self, boss, demo):
        Faq.objects.create(site=demo, language="en", question="q", answer="a", status="live")
        assert done(boss) == {"password"}

    def test_of_people_mail_and_demo(self, boss, settings):
        User.objects.create(username="carol", is_staff=True)
        settings.EMAIL_HOST = "mail.example"
        first_steps.mail_works()
        assert done(boss) == {"password", "people", "mail", "demo"}

    def test_of_a_model_that_answers(self, boss):
        def step():
            return next(one for one in card(boss)["steps"] if one.key == "model")

        assert step().link == page("llm_provider_add")
        model(provider(fake_models.NAME, LOCAL_URL, ""), tier=Tier.LOCAL)
        assert (step().done, step().link) == (False, page("llm_provider_add"))
        near = provider("Near", LOCAL_URL, "")
        assert (step().done, step().link) == (False, page("llm_model_add"))
        model(near, "vectors", tier=Tier.LOCAL, purpose=Purpose.EMBEDDING)
        row = model(near, "off", tier=Tier.LOCAL, is_enabled=False)
        assert not step().done
        row.is_enabled = True
        row.save()
        assert step().done

    def test_the_code_to_embed_is_on_it(self, boss, site, settings):
        settings.PUBLIC_URL = "https://chat.example"
        html = signed_in(boss).get(page("index")).content.decode()
        assert "https://chat.example/w/1/loader.js" in html
        assert "frame-src https://chat.example" in html


class TestButtons:
    def test_a_step_is_left_out_and_taken_up_again(self, boss):
        staff = signed_in(boss)
        staff.post(reverse("first_steps_step"), {"step": "theme", "skip": ""})
        assert {step.key for step in card(boss)["steps"] if step.skipped} == {"theme"}
        staff.post(reverse("first_steps_step"), {"step": "theme", "open": ""})
        assert not any(step.skipped for step in card(boss)["steps"])

    def test_unknown_steps_are_nothing(self, boss):
        signed_in(boss).post(reverse("first_steps_step"), {"step": "x" * 100, "skip": ""})
        assert FirstSteps.current().skipped == []

    def test_the_card_folds_and_opens(self, boss):
        staff = signed_in(boss)
        staff.post(reverse("first_steps_card"), {"fold": ""})
        html = staff.get(page("index")).content.decode()
        assert "First steps" in html
        assert "Add your own site" not in html
        staff.post(reverse("first_steps_card"), {"open": ""})
        assert "Add your own site" in staff.get(page("index")).content.decode()

    def test_all_settled_is_one_line(self, boss):
        for key in first_steps.STEPS:
            first_steps.skip(key=key, skipped=True)
        html = signed_in(boss).get(page("index")).content.decode()
        assert "All first steps are done" in html
        assert "Add your own site" not in html

    @pytest.mark.parametrize("name", ["first_steps_step", "first_steps_card"])
    def test_change_nothing_on_a_look(self, boss, name):
        assert signed_in(boss).get(reverse(name)).status_code == 405


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_at_once_both_stay():
    FirstSteps.current()

    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            state = FirstSteps.objects.select_for_update().get()
            skip = partial(first_steps.skip, key="mail", skipped=True)
            waiting = other.submit(in_own_thread, skip)
            with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as watcher:
                while not watcher.execute(BLOCKED).fetchall():
                    assert not waiting.done()
            state.skipped = ["theme"]
            state.save()
        waiting.result()
    assert FirstSteps.current().skipped == ["mail", "theme"]


class TestClearingTheDemo:
    def test_shows_what_goes_before_it_goes(self, boss, demo):
        Faq.objects.create(site=demo, language="en", question="q", answer="a")
        html = signed_in(boss).get(reverse("first_steps_demo")).content.decode()
        assert "Northbird Audio" in html
        assert "cannot be undone" in html
        assert Site.objects.filter(key=demo_data.KEY).exists()

    def test_takes_the_demo_and_nothing_else(self, boss, demo, site):
        Faq.objects.create(site=demo, language="en", question="q", answer="a")
        kept = Faq.objects.create(site=site, language="en", question="q", answer="a")
        answer = signed_in(boss).post(reverse("first_steps_demo"), follow=True)
        assert "was deleted" in answer.content.decode()
        assert list(Site.objects.all()) == [site]
        assert list(Faq.objects.all()) == [kept]
        assert User.objects.filter(pk=boss.pk).exists()

    def test_tells_which_flows_of_other_sites_lose_what_they_do(self, boss, demo, site):
        return_flow(demo, action="python:demo.return_order")
        address = reverse("first_steps_demo")
        assert "find no order" not in signed_in(boss).get(address).content.decode()
        kept = return_flow(site, action="python:demo.return_order", name_en="Give back")
        html = signed_in(boss).get(address).content.decode()
        assert page("dialogue_flow_change", kept.pk) in html
        answer = signed_in(boss).post(address, follow=True).content.decode()
        assert "Give back (Northbird)" in answer

    def test_twice_is_no_fault(self, boss):
        answer = signed_in(boss).post(reverse("first_steps_demo"), follow=True)
        assert "gone already" in answer.content.decode()

    def test_the_next_start_does_not_bring_it_back(self, boss, demo, capsys):
        signed_in(boss).post(reverse("first_steps_demo"))
        call_command("demo")
        assert not Site.objects.exists()


class TestWhoMay:
    @pytest.mark.parametrize(
        "name", ["first_steps_step", "first_steps_card", "first_steps_mail", "first_steps_demo"]
    )
    def test_others_may_not(self, client, name):
        assert signed_in(alice()).post(reverse(name)).status_code == 403
        assert client.post(reverse(name)).status_code == 302

    def test_others_see_no_card(self):
        assert card(alice()) is None
