"""`manage.py demo`: into an empty database only, and back to its first day."""

import io
import json
import re
import stat
import tomllib
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils import timezone, translation

from apps.chat.models import Session, Visitor
from apps.demo.models import Customer, Item
from apps.demo.shop import BY_SLUG, PRODUCTS
from apps.dialogue.actions import registry
from apps.dialogue.models import FlowVersion
from apps.engine.decide import Answer, Offer, decide
from apps.engine.events import Search
from apps.engine.text import normalise
from apps.engine.types import Passage
from apps.knowledge.answering import POLICY, passages
from apps.knowledge.index import Entry, library, pack, unpack
from apps.knowledge.models import Category, Faq, FaqVariant, IndexState
from apps.knowledge.services import save_entry
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
        assert Faq.objects.live().filter(language="en").count() == 86
        assert FaqVariant.objects.filter(faq__language="zh-Hans").exists()
        assert Installation.objects.count() == 1

    def test_the_languages_are_linked(self, tmp_path):
        demo("--credentials", str(tmp_path / "login.json"))
        chinese = Faq.objects.filter(language="zh-Hans").select_related("translation_of")
        assert chinese.count() == 86
        assert {faq.translation_of and faq.translation_of.language for faq in chinese} == {"en"}
        assert not chinese.exclude(translation_of__category=F("category")).exists()

    def test_the_index_is_built_at_once(self, tmp_path):
        demo("--credentials", str(tmp_path / "login.json"))
        state = IndexState.objects.get()
        assert (state.built, state.entries) == (state.wanted, 172)
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


class TestExamples:
    """What the demo's flows show as an example can be typed as it stands."""

    @pytest.fixture
    def versions(self, shop_of_class):
        return {version.key: version.spec for version in FlowVersion.objects.all()}

    @pytest.mark.parametrize("language", ["en", "zh-Hans"])
    @pytest.mark.parametrize("key", ["return", "exchange", "cancel", "order_status"])
    def test_work_to_the_end(self, versions, call, key, language):
        spec = versions[key]
        slots = {slot["name"]: slot for slot in spec["slots"]}
        number = slots["order_id"]["examples"][language]
        assert slots["order_id"]["reasks"][language].endswith(number)
        run = registry.find(spec["action"].removeprefix(registry.PYTHON)).run
        bought = Item.objects.get(order__number=number).product
        asked = call(order_id=number, product=bought, language=language)
        assert isinstance(run(asked), registry.Done)
        with translation.override(language.lower()):
            assert slots["product"]["examples"][language] == str(BY_SLUG[bought].name)

    @pytest.mark.usefixtures("versions")
    @pytest.mark.parametrize("person", ["mei", "jonas", "ana"])
    def test_what_the_orders_page_tells_proves_an_order(self, settings, client, call, person):
        host = urlsplit(settings.DEMO_URL).netloc
        page = client.get(f"/demo/orders/?as={person}", headers={"host": host}).content.decode()
        customer = Customer.objects.get(person=person)
        [tail] = re.findall(r"<strong>(\d{4})</strong>", page)
        run = registry.find("demo.order_status").run
        order = customer.orders.first()
        assert isinstance(run(call(order_id=order.number, phone_tail=tail)), registry.Done)

    def test_no_other_shop_is_in_them(self, versions):
        said = json.dumps([spec["slots"] for spec in versions.values()], ensure_ascii=False)
        for word in ("W1234567", "202611230001", "desk lamp", "台灯"):
            assert word not in said


class TestCatalogue:
    @pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.slug)
    def test_no_word_for_a_product_is_one_of_everyday_use(self, product):
        """Plural and singular are the same word to the desk, so "cans" would be "can"."""
        everyday = {"can", "cans", "set", "sets", "one", "ones", "it", "thing", "things"}
        assert not everyday & set(product.called)


# What newcomers ask first, in words that no entry holds, and what they must be answered or offered.
ASKED = {
    "en": {
        "can I return the headphones": "return-how",
        "how can i send them back": "return-how",
        "what's the return policy please": "return-window",
        "could i have a refund": "return-refund-time",
        "whats the waranty": "warranty-length",
        "do u ship to germany": "delivery-countries",
        "shipping to the uk?": "delivery-countries",
        "delivery tiem": "delivery-time",
        "how to cancel an order": "order-cancel",
        "cancle order": "order-cancel",
        "chnage adress": "order-change-address",
        "invoise": "payment-invoice",
        "visa accepted": "payment-methods",
        "heron price": "payment-prices",
        "what does the heron cost": "payment-prices",
        "any discounts": "payment-discount",
        "blutooth wont connect": "pairing-fails",
    },
    "zh-Hans": {
        "怎么退货啊": "return-how",
        "我想退货": "return-how",
        "能不能退货": "return-window",
        "退款啥时候到": "return-refund-time",
        "保修期多久": "warranty-length",
        "快递到哪儿了": "delivery-tracking",
        "大概几天到": "delivery-time",
        "快递要几天才能送到？": "delivery-time",
        "快递一般几天送到我这": "delivery-time",
        "能寄到美国吗": "delivery-countries",
        "订单怎么取消": "order-cancel",
        "想改一下地址": "order-change-address",
        "发票怎么开": "payment-invoice",
        "可以用支付宝吗": "payment-methods",
        "苍鹭多少钱啊": "payment-prices",
        "能便宜点不": "payment-discount",
        "蓝牙怎么连接": "pairing-first",
        "耳机连不上蓝牙": "pairing-fails",
    },
}
ELSEWHERE = {
    "en": [
        "what's the weather today",
        "tell me a joke",
        "do you sell bicycles",
        "who won the game",
    ],
    "zh-Hans": ["今天天气怎么样", "你会写诗吗", "讲个笑话"],
}


def entries(language):
    folder = Path(__file__).parents[2] / "apps" / "demo" / "faq"
    return tomllib.loads((folder / f"faq.{language}.toml").read_text("utf-8"))["faq"]


@pytest.fixture(scope="class")
def shop():
    packed = [
        (
            Entry(
                f"{language} {faq['key']}",
                language,
                faq["question"],
                faq["answer"],
                "",
                faq.get("high_risk", False),
                None,
                None,
            ),
            tuple(faq["variants"]),
        )
        for language in ASKED
        for faq in entries(language)
    ]
    return unpack(1, pack(packed, timezone.now()))


def shown(shop, language, text) -> tuple[Passage, ...]:
    match decide(passages(shop, language, Search(text, language)), POLICY):
        case Answer(passage):
            return (passage,)
        case Offer(near):
            return near
    return ()


@pytest.mark.parametrize("language", ASKED)
class TestEntries:
    def test_each_has_five_phrasings_and_none_is_anothers(self, language):
        every = entries(language)
        assert [faq["key"] for faq in every if len(faq["variants"]) < 5] == []
        texts = Counter(
            normalise(text).strip(" ?.!？。！")
            for faq in every
            for text in (faq["question"], *faq["variants"])
        )
        assert [text for text, times in texts.items() if times > 1] == []

    def test_both_languages_have_the_same_ones_and_the_same_risks(self, language):
        assert [
            (faq["key"], faq["category"], faq.get("high_risk")) for faq in entries(language)
        ] == [(faq["key"], faq["category"], faq.get("high_risk")) for faq in entries("en")]

    def test_what_newcomers_ask_first_is_answered_or_offered(self, shop, language):
        found = {
            text: [passage.id for passage in shown(shop, language, text)]
            for text in ASKED[language]
        }
        missed = {
            text: found[text]
            for text, key in ASKED[language].items()
            if f"{language} {key}" not in found[text]
        }
        assert missed == {}

    def test_questions_about_something_else_are_not(self, shop, language):
        assert [text for text in ELSEWHERE[language] if shown(shop, language, text)] == []


class TestAgain:
    def test_a_second_run_does_nothing(self, tmp_path):
        path = tmp_path / "login.json"
        demo("--credentials", str(path))
        before = path.read_text()
        assert "not empty" in demo("--credentials", str(path))
        assert path.read_text() == before
        assert Faq.objects.count() == 172

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
        assert Faq.objects.count() == 172
        assert not Session.objects.exists()
        assert User.objects.get().password == password
        assert path.read_text() == written

    def test_reset_touches_no_other_site(self, tmp_path):
        demo("--credentials", str(tmp_path / "login.json"))
        Site.objects.create(key="real", name="Real")
        demo("--reset")
        assert set(Site.objects.values_list("key", flat=True)) == {"demo", "real"}

    def test_reset_brings_a_demo_back_that_was_cleared_away(self):
        User.objects.create(username="dave")
        Site.objects.create(key="real", name="Real")
        assert "The demo shop is loaded" in demo("--reset")
        assert set(Site.objects.values_list("key", flat=True)) == {"demo", "real"}
        assert User.objects.count() == 1

    def test_a_first_password_that_was_changed_is_kept_no_longer(self, tmp_path):
        path = tmp_path / "login.json"
        demo("--credentials", str(path))
        demo("--credentials", str(path))
        assert path.exists()
        user = User.objects.get()
        user.set_password("a better one")
        user.save()
        demo("--credentials", str(path))
        assert not path.exists()

    def test_what_a_reset_deletes_is_said_before(self, tmp_path):
        demo("--credentials", str(tmp_path / "login.json"))
        site = Site.objects.get()
        visitor = Visitor.objects.create(site=site)
        Session.objects.create(site=site, visitor=visitor, language="en")
        faq = Faq.objects.earliest("pk")
        faq.answer = "Changed."
        save_entry(entry=faq, phrasings=None, author=None)
        said = demo("--reset", "--dry-run")
        assert "This deletes from “Northbird Audio”: 1 sessions with all that was said" in said
        assert "0 tickets" in said
        assert "172 FAQ entries (1 of them written or changed by staff)" in said
        assert Session.objects.exists()

    def test_without_a_demo_nothing_would_be_deleted(self):
        assert "nothing is deleted" in demo("--reset", "--dry-run")
        assert not Site.objects.exists()
