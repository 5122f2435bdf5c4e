"""The lists around the flows: the policy's table, products, phrases."""

import pytest

from apps.dialogue import books
from apps.dialogue.flows import services
from apps.dialogue.flows.catalogue import read
from apps.dialogue.models import BookState, Phrase, PolicyRow, Product
from tests.dialogue.test_flow_admin import member
from tests.staff import form_data, olga, page, signed_in, texts

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(db):
    return signed_in(olga())


class TestPolicy:
    @pytest.fixture
    def address(self, site):
        services.copy_default_policy(site=site)
        return page("dialogue_sitepolicy_change", site.pk)

    def row(self, response, name):
        """The prefix of the row's fields."""
        formset = response.context["inline_admin_formsets"][0].formset
        return next(form.prefix for form in formset.forms if form.instance.name == name)

    def told(self, response):
        return " ".join(texts(response.content.decode()))

    def test_the_defaults_are_shown_and_copied(self, boss, site):
        address = page("dialogue_sitepolicy_change", site.pk)
        assert "This site follows the defaults" in self.told(boss.get(address))
        boss.post(page("dialogue_policy_copy", site.pk))
        assert "a table of its own" in self.told(boss.get(address))
        boss.post(page("dialogue_policy_defaults", site.pk))
        assert not PolicyRow.objects.exists()

    def test_a_change_reaches_visitors(self, boss, site, address):
        response = boss.get(address)
        changed = {f"{self.row(response, 'loop')}-at": "5"}
        boss.post(address, form_data(response) | changed)
        (loop,) = (rule for rule in books.load(site.pk).rules if rule.id == "loop")
        assert loop.at == 5
        assert BookState.objects.get().version == 2

    @pytest.mark.parametrize(
        ("name", "sent", "words"),
        [
            ("unknown", {"DELETE": "on"}, "The last row must be one that always holds"),
            ("unknown", {"position": "1"}, "would never be read"),
            ("unknown", {"high_value_only": "on"}, "The last row must be one that always holds"),
            ("asked", {"DELETE": "on"}, "a visitor who asks for a person"),
            ("missing", {"high_value_only": "on"}, "asks for a slot"),
            ("loop", {"name": "sure"}, "Two rows are called"),
            ("loop", {"at": ""}, "whole number from 1 to 20"),
            ("loop", {"at": "2.5"}, "whole number from 1 to 20"),
            ("sure", {"at": "85"}, "above 0, up to 1"),
            ("asked", {"at": "1"}, "Leave it empty"),
            ("asked", {"then": "answer"}, "Not possible"),
            ("loop", {"name": "two words"}, "valid"),
        ],
    )
    def test_a_table_that_would_leave_visitors_alone_is_refused(
        self, boss, site, address, name, sent, words
    ):
        response = boss.get(address)
        prefix = self.row(response, name)
        data = form_data(response) | {f"{prefix}-{key}": value for key, value in sent.items()}
        assert words in self.told(boss.post(address, data))
        assert BookState.objects.get().version == 1

    def test_readers_only_read(self, site):
        services.copy_default_policy(site=site)
        reader = signed_in(member("rita", "view_sitepolicy"))
        address = page("dialogue_sitepolicy_change", site.pk)
        assert "asked" in self.told(reader.get(address))
        assert reader.post(address, {}).status_code == 403
        for name in ("copy", "defaults"):
            assert reader.post(page(f"dialogue_policy_{name}", site.pk)).status_code == 403
        assert PolicyRow.objects.exists()


class TestProducts:
    def test_a_pasted_list(self, boss, site):
        lines = "lark,云雀耳机,Lark,buds\n\nwren\t鹪鹩\tWren, the small\n"
        boss.post(page("dialogue_product_many"), {"site": site.pk, "lines": lines})
        names = {product.value: product.names for product in books.load(site.pk).products}
        assert names == {
            "lark": ("Lark", "云雀耳机", "buds"),
            "wren": ("Wren, the small", "鹪鹩"),
        }

    @pytest.mark.parametrize(
        ("lines", "words"),
        [
            ("lark", "Line 1: there is one cell only, “lark”"),
            ("lark,,", "Line 1: a product needs a name"),
            ("a,甲\na,乙", "Line 2: “a” stands in line 1 already"),
            ("a b,甲", "Line 1: product number"),
            (",甲", "Line 1: product number"),
            (f"a,{'x' * 121}", "Line 1: name (Chinese)"),
            ('a,"甲', ""),
        ],
    )
    def test_a_wrong_line_is_named_and_nothing_is_stored(self, boss, site, lines, words):
        data = {"site": site.pk, "lines": f"good,好\n{lines}"}
        found = " ".join(texts(boss.post(page("dialogue_product_many"), data).content.decode()))
        words = words.replace("Line 2", "Line 3").replace("in line 1", "in line 2")
        assert words.replace("Line 1", "Line 2") in found
        if words:
            assert not Product.objects.exists()

    def test_a_fullwidth_comma_is_one(self):
        (product,) = read("a，甲，Kia").products
        assert (product.sku, product.name_zh_hans, product.name_en) == ("a", "甲", "Kia")

    def test_what_goes_out_comes_in_unchanged(self, boss, site):
        listed = [
            services.Listed("lark", "Lark 2, small", "云雀，二代", "buds、耳机, 入耳"),
            services.Listed("wren", '3" Wren', "=鹪鹩", ""),
        ]
        services.set_products(site=site, products=listed)
        file = b"".join(boss.get(page("dialogue_product_list_as_csv"))).decode()
        data = {"site": site.pk, "lines": file}
        answer = boss.post(page("dialogue_product_many"), data, follow=True)
        found = " ".join(texts(answer.content.decode()))
        assert "Products: 0 added, 0 changed, 2 unchanged." in found
        assert BookState.objects.get().version == 1

    def test_only_what_differs_is_changed(self, boss, site):
        listed = [services.Listed("a", "A"), services.Listed("b", "B")]
        services.set_products(site=site, products=listed)
        data = {"site": site.pk, "lines": "a,,A\nb,,New\nc,,C"}
        answer = boss.post(page("dialogue_product_many"), data, follow=True)
        found = " ".join(texts(answer.content.decode()))
        assert "Products: 1 added, 1 changed, 1 unchanged." in found

    def test_what_a_line_ends_before_stays(self, boss, site):
        listed = [services.Listed(sku, "A", "甲", "one, two") for sku in ("a", "b", "c")]
        services.set_products(site=site, products=listed)
        data = {"site": site.pk, "lines": "a,乙\nb,甲,B\nc,甲,,\nd,丁"}
        boss.post(page("dialogue_product_many"), data)
        found = Product.objects.order_by("sku").values_list("name_zh_hans", "name_en", "synonyms")
        assert list(found) == [
            ("乙", "A", "one, two"),
            ("甲", "B", "one, two"),
            ("甲", "", ""),
            ("丁", "", ""),
        ]

    @pytest.mark.parametrize("head", ["number,Chinese name", "商品编号\t中文名称", "\ufeffSKU,x"])
    def test_the_names_of_the_columns_are_no_product(self, head):
        assert [one.sku for one in read(f"{head}\na,甲").products] == ["a"]

    def test_of_many_problems_the_rest_is_counted(self, boss, site):
        lines = "\n".join(f"a{number}" for number in range(25))
        data = {"site": site.pk, "lines": lines}
        found = " ".join(texts(boss.post(page("dialogue_product_many"), data).content.decode()))
        assert "Line 20: there is one cell only, “a19”" in found
        assert "… and 5 more." in found
        assert "Line 21" not in found

    def test_changing_and_deleting_reaches_visitors(self, boss, site):
        services.set_products(site=site, products=[services.Listed("a", "A")])
        product = Product.objects.get()
        address = page("dialogue_product_change", product.pk)
        boss.post(address, form_data(boss.get(address)) | {"name_en": "B"})
        assert books.load(site.pk).products[0].names == ("B",)
        boss.post(page("dialogue_product_delete", product.pk), {"post": "yes"})
        assert BookState.objects.get().version == 3

    def test_pasting_needs_both_permissions(self, site):
        half = signed_in(member("hal", "view_product", "add_product"))
        assert half.get(page("dialogue_product_many")).status_code == 403


class TestPhrases:
    def test_one_is_added(self, boss, site):
        sent = {"site": site.pk, "kind": "affirm", "language": "zh-Hans", "text": "  中   啊 "}
        boss.post(page("dialogue_phrase_add"), sent)
        assert Phrase.objects.get().text == "中 啊"
        assert BookState.objects.get().version == 1

    def test_no_line_means_two_things(self, boss, site):
        Phrase.objects.create(site=site, kind="deny", language="en", text="nope")
        sent = {"site": site.pk, "kind": "affirm", "language": "en", "text": "NOPE"}
        shown = boss.post(page("dialogue_phrase_add"), sent).content.decode()
        assert "has this phrase already, for: No" in " ".join(texts(shown))
        assert Phrase.objects.count() == 1

    def test_deleting_reaches_visitors(self, boss, site):
        Phrase.objects.create(site=site, kind="deny", language="en", text="nope")
        services.books_changed(site_ids=[site.pk])
        chosen = [Phrase.objects.get().pk]
        sent = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
        boss.post(page("dialogue_phrase_changelist"), sent)
        assert books.load(site.pk).phrases == {}
        assert BookState.objects.get().version == 2
