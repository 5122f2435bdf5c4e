"""`manage.py demo`: into an empty database only, and back to its first day."""

import io
import json
import stat

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db.models import F

from apps.chat.models import Session, Visitor
from apps.knowledge.index import library
from apps.knowledge.models import Category, Faq, FaqVariant, IndexState
from apps.sites.models import Installation, Site

pytestmark = pytest.mark.django_db


def demo(*arguments: str) -> str:
    out = io.StringIO()
    call_command("demo", *arguments, stdout=out)
    return out.getvalue()


class TestLoading:
    def test_an_empty_database_gets_the_shop(self, tmp_path):
        demo("--credentials", str(tmp_path / "login.json"))
        site = Site.objects.get(key="demo")
        assert site.languages == ["en", "zh-Hans"]
        assert site.allowed_pages == ["http://localhost:*"]
        assert site.greeting("zh-Hans")
        assert Category.objects.exclude(name_zh_hans="").count() == 10
        assert Faq.objects.live().filter(language="en").count() == 84
        assert FaqVariant.objects.filter(faq__language="zh-Hans").exists()
        assert Installation.objects.count() == 1

    def test_the_languages_are_linked(self, tmp_path):
        demo("--credentials", str(tmp_path / "login.json"))
        chinese = Faq.objects.filter(language="zh-Hans").select_related("translation_of")
        assert chinese.count() == 84
        assert {faq.translation_of and faq.translation_of.language for faq in chinese} == {"en"}
        assert not chinese.exclude(translation_of__category=F("category")).exists()

    def test_the_index_is_built_at_once(self, tmp_path):
        demo("--credentials", str(tmp_path / "login.json"))
        state = IndexState.objects.get()
        assert (state.built, state.entries) == (state.wanted, 168)
        library.refresh()
        found = library.of(state.site_id).search("how long does delivery take", ["en"], enough=0.5)
        assert found[0].entry.question == "How long does delivery take?"

    def test_the_operator_can_log_in_with_what_was_written(self, tmp_path, client):
        path = tmp_path / "login.json"
        demo("--credentials", str(path))
        login = json.loads(path.read_text())
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert client.login(username=login["user"], password=login["password"])
        assert User.objects.get().is_superuser

    def test_without_a_file_the_password_is_shown(self):
        assert "Operator: operator, password: " in demo()

    def test_a_file_that_cannot_be_written_loads_nothing(self, tmp_path):
        with pytest.raises(CommandError, match="cannot be written"):
            demo("--credentials", str(tmp_path / "missing" / "login.json"))
        assert not User.objects.exists()
        assert not Site.objects.exists()


class TestAgain:
    def test_a_second_run_does_nothing(self, tmp_path):
        path = tmp_path / "login.json"
        demo("--credentials", str(path))
        before = path.read_text()
        assert "not empty" in demo("--credentials", str(path))
        assert path.read_text() == before
        assert Faq.objects.count() == 168

    def test_a_database_with_a_user_is_left_alone(self):
        User.objects.create(username="dave")
        assert "not empty" in demo()
        assert not Site.objects.exists()

    def test_reset_brings_the_first_day_back_and_keeps_the_password(self, tmp_path):
        path = tmp_path / "login.json"
        demo("--credentials", str(path))
        password = User.objects.get().password
        site = Site.objects.get()
        Faq.objects.filter(language="en").delete()
        visitor = Visitor.objects.create(site=site)
        Session.objects.create(site=site, visitor=visitor, language="en")
        written = path.read_text()
        demo("--reset", "--credentials", str(path))
        assert Faq.objects.count() == 168
        assert not Session.objects.exists()
        assert User.objects.get().password == password
        assert path.read_text() == written

    def test_reset_touches_no_other_site(self, tmp_path):
        demo("--credentials", str(tmp_path / "login.json"))
        Site.objects.create(key="real", name="Real")
        demo("--reset")
        assert set(Site.objects.values_list("key", flat=True)) == {"demo", "real"}

    def test_reset_without_a_demo_does_nothing(self):
        Site.objects.create(key="real", name="Real")
        assert "nothing was reset" in demo("--reset")
        assert Site.objects.count() == 1
