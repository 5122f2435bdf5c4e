"""Providers in the admin: what the form refuses, and that a key goes in and never comes out."""

from ipaddress import ip_network

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission

from apps.llm import endpoints, presets, reach
from apps.llm.admin import forms
from apps.llm.admin.providers import groups
from apps.llm.models import Call, Model, Provider
from apps.llm.services import save_calls
from apps.llm.values import Tier
from apps.sites.sealing import unseal
from tests.llm.rows import CLOUD_URL, KEY, LOCAL_URL, attempt, model, provider
from tests.staff import HOSTILE, carol, form_data, olga, page, signed_in, texts

pytestmark = pytest.mark.django_db
ADD, CHANGE, DELETE = "llm_provider_add", "llm_provider_change", "llm_provider_delete"
LIST = "llm_provider_changelist"
NEW_KEY = "sk-other-9876543210-abcd"


@pytest.fixture(autouse=True)
def _networks(settings):
    settings.LLM_ALLOWED_NETWORKS = (ip_network("127.0.0.0/8"),)


@pytest.fixture
def client():
    return signed_in(olga())


def entered(**values):
    return {"name": "Mine", "dialect": "other", "base_url": CLOUD_URL, "is_enabled": "on", **values}


def added(client, **values):
    return client.post(page(ADD), entered(**values)).content.decode()


def changed(client, row, **values):
    path = page(CHANGE, row.pk)
    data = form_data(client.get(path)) | values
    return client.post(path, data).content.decode()


class TestAddress:
    @pytest.mark.parametrize(
        ("url", "said"),
        [
            ("nonsense", "Write an address such as"),
            ("ftp://models.example/v1", "Write an address such as"),
            ("https://", "Write an address such as"),
            ("https://me:secret@models.example/v1", "must not stand in the address"),
            ("https://8.8.8.8/v1?key=x", "without “?” and “#”"),
            ("https://8.8.8.8/v1#x", "without “?” and “#”"),
            ("http://10.1.2.3/v1", "HELPDESK_LLM_ALLOWED_NETWORKS"),
            ("http://169.254.169.254/v1", "HELPDESK_LLM_ALLOWED_NETWORKS"),
            ("http://[::ffff:10.0.0.1]/v1", "HELPDESK_LLM_ALLOWED_NETWORKS"),
            ("http://8.8.8.8/v1", "https:// instead of http://"),
        ],
    )
    def test_that_cannot_be_called_is_told_at_the_field(self, client, url, said):
        assert said in added(client, base_url=url)
        assert not Provider.objects.exists()

    @pytest.mark.parametrize(
        "host",
        ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.0.0.1", "0.0.0.0", "[::1]", "[::]"],
    )
    def test_of_this_machine_is_refused_however_it_is_written(self, client, settings, host):
        settings.LLM_ALLOWED_NETWORKS = ()
        assert "HELPDESK_LLM_ALLOWED_NETWORKS" in added(client, base_url=f"http://{host}/v1")
        assert not Provider.objects.exists()

    def test_in_an_allowed_network_is_taken(self, client):
        added(client, base_url="http://127.0.0.1:11434/v1/")
        assert Provider.objects.get().base_url == LOCAL_URL

    def test_is_cut_where_the_client_goes_on(self, client):
        added(client, base_url=f" {CLOUD_URL}/chat/completions ")
        assert Provider.objects.get().base_url == CLOUD_URL

    def test_of_a_server_that_is_not_there_yet_is_taken(self, client, monkeypatch):
        monkeypatch.setattr(reach, "_addresses", lambda url: [])
        added(client, base_url="https://models.example/v1")
        assert Provider.objects.exists()


class TestKey:
    def test_is_kept_sealed_and_shown_nowhere(self, client, caplog):
        added(client, key=KEY)
        row = Provider.objects.get()
        assert unseal(row.sealed_key, owner=row.owner) == KEY
        assert row.key_end == "wxyz"
        for path in (page(CHANGE, row.pk), page("llm_provider_changelist"), page(DELETE, row.pk)):
            html = client.get(path).content.decode()
            assert KEY not in html
            assert row.sealed_key not in html
        assert "wxyz" in client.get(page(CHANGE, row.pk)).content.decode()
        assert KEY not in caplog.text

    def test_a_wrong_form_does_not_give_it_back(self, client):
        assert KEY not in added(client, key=KEY, base_url="nonsense")

    @pytest.mark.parametrize(
        ("key", "said"),
        [
            (f"{KEY[:5]} {KEY[5:]}", "a space or a line break"),
            (f"{KEY[:5]}\n{KEY[5:]}", "a space or a line break"),
            ("пароль-1234567", "signs of ASCII only"),
            ("x" * 2001, "at most 2000 characters"),
        ],
    )
    def test_that_cannot_be_one_is_refused(self, client, key, said):
        html = added(client, key=key)
        assert said in html
        assert key.strip() not in html
        assert not Provider.objects.exists()

    def test_is_trimmed_at_its_ends(self, client):
        added(client, key=f" {KEY}\n")
        row = Provider.objects.get()
        assert unseal(row.sealed_key, owner=row.owner) == KEY

    def test_that_a_cloud_lacks_is_told_after_saving_and_in_the_list(self, client):
        html = client.post(page(ADD), entered(), follow=True).content.decode()
        assert "“Mine” is in the cloud and has no key" in html
        assert "No key" in client.get(page("llm_provider_changelist")).content.decode()
        changed(client, Provider.objects.get(), key=KEY)
        assert "No key" not in client.get(page("llm_provider_changelist")).content.decode()

    def test_is_not_missed_at_home(self, client):
        html = client.post(page(ADD), entered(base_url=LOCAL_URL), follow=True).content.decode()
        assert "has no key" not in html
        assert "No key" not in client.get(page("llm_provider_changelist")).content.decode()

    def test_stands_on_no_error_page_and_in_no_log(self, client, monkeypatch, settings, caplog):
        """Not even on the page for programmers, which shows what functions had at hand."""

        def fail(*_arguments: object) -> None:
            raise RuntimeError("broken")

        monkeypatch.setattr("apps.llm.admin.changing.ladder_changed", fail)
        settings.DEBUG = True
        client.raise_request_exception = False
        html = added(client, key=KEY)
        assert "RuntimeError" in html
        assert KEY not in html
        assert KEY not in caplog.text
        assert not Provider.objects.exists(), "nothing half-written"

    def test_stays_while_nothing_is_entered(self, client):
        row = provider()
        changed(client, row, name="Renamed")
        row.refresh_from_db()
        assert (row.name, unseal(row.sealed_key, owner=row.owner)) == ("Renamed", KEY)

    def test_is_replaced_and_the_history_says_no_more_than_that(self, client):
        row = provider()
        changed(client, row, key=NEW_KEY)
        row.refresh_from_db()
        assert unseal(row.sealed_key, owner=row.owner) == NEW_KEY
        entry = LogEntry.objects.get()
        assert entry.get_change_message() == "Changed API key."
        history = client.get(page("llm_provider_history", row.pk)).content.decode()
        assert "API key" in history
        assert NEW_KEY not in f"{history}{entry.change_message}"
        assert NEW_KEY[-4:] not in entry.change_message

    def test_is_cleared(self, client):
        row = provider()
        changed(client, row, clear_key="on")
        row.refresh_from_db()
        assert (row.sealed_key, row.key_end) == ("", "")

    def test_is_not_cleared_and_replaced_at_once(self, client):
        row = provider()
        assert "Either enter a new key" in changed(client, row, clear_key="on", key=NEW_KEY)

    def test_of_few_characters_shows_none_of_them(self):
        assert provider(key="short-key").key_end == ""

    def test_is_not_sent_to_another_server_because_the_address_changed(self, client):
        row = provider()
        html = changed(client, row, base_url="https://1.1.1.1/v1")
        assert "enter its key, or clear it" in html
        assert Provider.objects.get().base_url == CLOUD_URL
        changed(client, row, base_url="https://1.1.1.1/v1", key=NEW_KEY)
        assert Provider.objects.get().base_url == "https://1.1.1.1/v1"

    @pytest.mark.parametrize("url", ["https://8.8.8.8:443/v1", "https://8.8.8.8/other/v1"])
    def test_another_port_or_path_needs_the_key_as_well(self, client, url):
        """One host may serve several tenants."""
        row = provider()
        assert "enter its key, or clear it" in changed(client, row, base_url=url)
        assert Provider.objects.get().base_url == CLOUD_URL
        changed(client, row, base_url=url, key=NEW_KEY)
        assert Provider.objects.get().base_url == url

    def test_who_may_only_look_sees_that_there_is_one_but_not_how_it_ends(self, client):
        row, user = provider(), carol()
        user.user_permissions.add(Permission.objects.get(codename="view_provider"))
        for where in (page(CHANGE, row.pk), page(LIST)):
            html = signed_in(user).get(where).content.decode()
            assert "••••" in html
            assert "wxyz" not in html
            assert 'name="key"' not in html
        assert "•••• wxyz" in client.get(page(LIST)).content.decode()


class TestHome:
    def test_local_models_do_not_move_to_the_internet(self, client):
        row = provider("Near", LOCAL_URL, "")
        model(row, "mine", tier=Tier.LOCAL)
        assert "“mine” is a local model" in changed(client, row, base_url=CLOUD_URL)


class TestDeleting:
    def test_says_what_happens_and_keeps_the_ledger(self, client):
        far = model(provider())
        save_calls(attempts=[attempt(far), attempt(far)])
        said = " ".join(texts(client.get(page(DELETE, far.provider_id)).content.decode()))
        assert "2 rows of the ledger name this provider. They stay" in said
        assert "big" in said
        client.post(page(DELETE, far.provider_id), {"post": "yes"})
        assert not Provider.objects.exists()
        assert not Model.objects.exists()
        assert [row.provider_name for row in Call.objects.all()] == ["Far away", "Far away"]

    def test_is_done_one_by_one_on_the_page_that_says_so(self, client):
        far = provider()
        chosen = {"action": "delete_selected", "_selected_action": far.pk, "post": "yes"}
        client.post(page("llm_provider_changelist"), chosen)
        assert Provider.objects.exists()

    def test_moves_the_ladder(self, client):
        far, before = provider(), endpoints.version()
        client.post(page(DELETE, far.pk), {"post": "yes"})
        assert endpoints.version() != before


class TestPresets:
    def test_fill_in_the_form_and_lead_to_their_model(self, client):
        shown = client.get(page(ADD), {"preset": "gpt-4"})
        form = shown.context["adminform"].form
        assert (form["name"].value(), form["dialect"].value()) == ("OpenAI", "openai")
        answer = client.post(f"{page(ADD)}?preset=gpt-4", entered(base_url=CLOUD_URL))
        row = Provider.objects.get()
        assert answer["Location"] == f"{page('llm_model_add')}?provider={row.pk}&preset=gpt-4"

    def test_of_a_provider_that_is_there_lead_to_the_model_at_once(self, client, rf):
        row = provider("OpenAI", "https://api.openai.com/v1")
        links = {
            one["preset"].key: one["link"] for each in groups(rf.get("/")) for one in each["rows"]
        }
        assert str(row.pk) in links["gpt-4"]
        assert "preset=claude-3-sonnet" in links["claude-3-sonnet"]

    def test_are_all_offered_once(self, rf):
        shown = [one["preset"].key for each in groups(rf.get("/")) for one in each["rows"]]
        assert sorted(shown) == sorted(set(shown))
        assert {"gpt-4", "gpt-3.5-turbo", "claude-3-sonnet", "chatglm3", "llama2-chinese"} <= set(
            shown
        )

    def test_name_the_server_that_they_are_filled_in_for(self):
        assert presets.BY_KEY["glm-4-9b"].shown == "GLM-4-9B (Xinference)"
        assert presets.BY_KEY["ollama"].shown == "Ollama"
        assert presets.BY_KEY["gpt-4"].shown == "GPT-4"

    @pytest.mark.parametrize(
        ("key", "url"),
        [
            ("deepseek", "https://api.deepseek.com/v1"),
            ("qwen", "https://dashscope.aliyuncs.com/compatible-mode/v1"),
            ("glm", "https://open.bigmodel.cn/api/paas/v4"),
            ("kimi", "https://api.moonshot.cn/v1"),
            ("doubao", "https://ark.cn-beijing.volces.com/api/v3"),
        ],
    )
    def test_of_chinese_clouds_have_no_price(self, key, url):
        preset = presets.BY_KEY[key]
        assert (preset.base_url, preset.price) == (url, None)

    def test_one_that_is_not_known_is_an_empty_form(self, client):
        assert client.get(page(ADD), {"preset": "nothing"}).status_code == 200


def test_a_hostile_name_is_text(client):
    row = provider(HOSTILE)
    model(row, label=HOSTILE)
    for path in (page(CHANGE, row.pk), page("llm_provider_changelist"), page(DELETE, row.pk)):
        assert "<script>alert" not in client.get(path).content.decode()


def test_every_sentence_can_be_said():
    assert forms.told_key(provider(key="short-key")).startswith("A key is stored. ")
