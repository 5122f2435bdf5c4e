"""The pages and files of the widget: headers, policies, languages, sizes."""

import gzip
import json
import re
from base64 import b64encode
from hashlib import sha384
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from apps.knowledge.models import Category, Faq
from apps.sites.models import Site
from apps.widget import assets, embed, strings

pytestmark = pytest.mark.django_db

LOADER_BYTES = 5 * 1024
FRAME_BYTES = 20 * 1024
LANGUAGES = ["en", "zh-Hans"]


@pytest.fixture
def shop(site: Site) -> Site:
    """The site as a shop would set it up."""
    site.key = "demo"
    site.allowed_pages = ["https://shop.example", "https://*.shop.example"]
    site.greeting_en, site.greeting_zh_hans = "Hello from <Northbird>", "您好"
    site.save()
    return site


@pytest.fixture
def demo_client(settings, shop) -> Client:
    """Of a desk with the demo."""
    settings.DEMO_URL = "http://localhost:8000"
    return Client(headers={"host": "localhost:8000"})


def policy(response) -> dict[str, str]:
    parts = response["Content-Security-Policy"].split("; ")
    return {name: rest for name, _, rest in (part.partition(" ") for part in parts)}


def data(response, name: str):
    page = response.content.decode()
    found = re.search(rf'<script id="{name}" type="application/json">(.*?)</script>', page, re.S)
    assert found
    return json.loads(found[1])


def test_the_loader_may_be_taken_by_any_page_and_kept_for_a_while(client):
    response = client.get("/w/1/loader.js")
    assert response.status_code == 200
    assert response["Content-Type"] == "text/javascript; charset=utf-8"
    assert response["Cache-Control"] == "public, max-age=300"
    assert "Accept-Encoding" in response["Vary"]
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert not response.cookies
    again = client.get("/w/1/loader.js", headers={"if-none-match": response["ETag"]})
    assert again.status_code == 304
    assert client.post("/w/1/loader.js").status_code == 405


def test_the_loader_is_small(client):
    response = client.get("/w/1/loader.js", headers={"accept-encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert len(response.content) <= LOADER_BYTES
    assert gzip.decompress(response.content) == client.get("/w/1/loader.js").content


def test_the_loader_can_be_pinned(client):
    asset = assets.loader()
    response = client.get(f"/w/1/loader.{asset.digest}.js")
    assert response.content == asset.body
    assert "immutable" in response["Cache-Control"]
    assert response["Access-Control-Allow-Origin"] == "*"
    digest = sha384(response.content).digest()
    assert asset.integrity == "sha384-" + b64encode(digest).decode()
    assert client.get("/w/1/loader.0123456789abcdef.js").status_code == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_frame_with_all_it_loads_is_small(client, shop, language):
    page = client.get("/w/1/frame/", {"key": "demo", "locale": language})
    paths = set(re.findall(r'"(/w/1/app/[^"]+)"', page.content.decode()))
    assert {path.rpartition("/")[2] for path in paths} == {assets.SCRIPT, assets.STYLES}
    files = [client.get(path, headers={"accept-encoding": "gzip"}) for path in paths]
    assert all("immutable" in file["Cache-Control"] for file in files)
    total = len(gzip.compress(page.content, 9)) + sum(len(file.content) for file in files)
    assert total <= FRAME_BYTES


def test_the_script_holds_every_module(client):
    folder = Path(str(finders.find("widget/app.js"))).parent
    script = assets.bundle(folder / assets.SCRIPT)
    apart = {folder / assets.LOADER, *(folder / f"{name}.js" for name in strings.MODULES)}
    for module in set(folder.glob("*.js")) - apart:
        declared = re.findall(r"^export (?:class|function|const) (\w+)", module.read_text(), re.M)
        assert declared or module.name == assets.SCRIPT
        assert all(
            re.search(rf"^(?:class|function|const) {name}\b", script, re.M) for name in declared
        )
    # A name that two modules use is a SyntaxError, and no chat at all.
    names = re.findall(r"^(?:async )?(?:class|function|const|let) (\w+)", script, re.M)
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "line", ['import x from "./b.js";', 'import "./b.js";', "export default 1;", "export { a };"]
)
def test_a_module_written_in_another_way_is_refused(tmp_path, line):
    (tmp_path / "a.js").write_text(f"{line}\n")
    (tmp_path / "b.js").write_text("")
    with pytest.raises(ValueError, match=r"a\.js"):
        assets.bundle(tmp_path / "a.js")


def test_a_file_of_another_release_is_answered_and_not_kept(client):
    now = client.get(f"/w/1/app/{assets.release().digest}/app.js")
    then = client.get("/w/1/app/0123456789ab/app.js")
    assert then.content == now.content
    assert then["Cache-Control"] == "no-store"
    assert client.get("/w/1/app/0123456789ab/settings.py").status_code == 404


def test_the_frame_runs_under_a_strict_policy(client, shop):
    response = client.get("/w/1/frame/", {"key": "demo"})
    assert response.status_code == 200
    assert policy(response) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self' ws://testserver",
        "img-src": "'self' blob:",
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "https://shop.example https://*.shop.example",
    }
    assert "X-Frame-Options" not in response
    assert response["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "private, no-store"
    assert not response.cookies
    assert not re.search(r"<style|\sstyle=|\son\w+=", response.content.decode())


def test_over_https_the_socket_is_named_as_such(client, shop):
    response = client.get("/w/1/frame/", {"key": "demo"}, secure=True)
    assert policy(response)["connect-src"] == "'self' wss://testserver"


@pytest.mark.parametrize("case", ["unknown", "inactive", "nowhere", "broken"])
def test_a_site_that_may_not_be_shown_looks_like_none(client, shop, case):
    if case == "inactive":
        shop.is_active = False
    elif case == "nowhere":
        shop.allowed_pages = []
    elif case == "broken":
        shop.allowed_pages = ["https://shop.example; script-src *"]
    shop.save()
    key = "nobody" if case == "unknown" else "demo"
    response = client.get("/w/1/frame/", {"key": key})
    assert (response.status_code, response.content) == (404, b"")
    assert policy(response)["frame-ancestors"] == "'none'"


@pytest.mark.parametrize(
    ("locale", "language"),
    [("en", "en"), ("zh-CN", "zh-Hans"), ("ZH_hans", "zh-Hans"), ("fr", "en"), ("", "en")],
)
def test_the_frame_speaks_the_nearest_language(client, shop, locale, language):
    response = client.get("/w/1/frame/", {"key": "demo", "locale": locale})
    page = response.content.decode()
    assert f'<html lang="{language}">' in page
    assert data(response, "config")["locale"] == language
    assert data(response, "strings") == strings.script_strings(language)
    assert ("您好" in page) == (language == "zh-Hans")


def test_what_staff_write_is_escaped(client, shop):
    shop.name = "</script><b>"
    shop.save()
    page = client.get("/w/1/frame/", {"key": "demo"}).content.decode()
    assert "Hello from &lt;Northbird&gt;" in page
    assert "</script><b>" not in page


def test_the_first_questions_come_from_live_plain_entries(shop):
    for position, name in enumerate(["delivery", "safety", "returns"]):
        category = Category.objects.create(site=shop, slug=name, position=position, name_en=name)
        for status in [Faq.Status.DRAFT, Faq.Status.LIVE]:
            Faq.objects.create(
                site=shop,
                language="en",
                category=category,
                question=f"{name} {status}",
                answer="Yes.",
                status=status,
                high_risk=name == "safety",
            )
    assert embed.starters(shop, "en") == ["delivery live", "returns live"]
    assert embed.starters(shop, "zh-Hans") == []


@pytest.mark.parametrize(
    ("colour", "ink"),
    [
        ("#000000", "#ffffff"),
        ("#ffffff", "#000000"),
        ("#0b6e6e", "#ffffff"),
        ("#FFD400", "#000000"),
    ],
)
def test_the_colour_on_the_accent_can_be_read(shop, colour, ink):
    shop.accent = colour
    assert embed.site_info(shop, "en")["theme"]["ink"] == ink


def test_every_sentence_has_its_translation():
    pairs = [
        [sentences(language) for language in LANGUAGES]
        for sentences in (strings.page_strings, strings.script_strings)
    ]
    pairs += [[*strings.module_strings(module).values()] for module in strings.MODULES]
    for english, chinese in pairs:
        for name, text in english.items():
            assert text != chinese[name]
            assert re.findall(r"{\w+}", text) == re.findall(r"{\w+}", chinese[name])


def test_the_demo_shop_lives_on_its_own_address(client, settings, shop):
    settings.DEMO_URL = "http://localhost:8000"
    response = client.get("/demo/help/?lang=en")
    assert response.status_code == 302
    assert response["Location"] == "http://localhost:8000/demo/help/?lang=en"


@pytest.mark.parametrize("path", ["/demo/", "/demo/product/lark/", "/demo/help/"])
def test_the_demo_shop_allows_the_widget_and_no_more(demo_client, path):
    response = demo_client.get(path)
    assert policy(response) == {
        "default-src": "'self'",
        "script-src": f"'self' {settings.PUBLIC_URL}",
        "frame-src": settings.PUBLIC_URL,
    }
    page = response.content.decode()
    assert f'src="{settings.PUBLIC_URL}/w/1/loader.js"' in page
    assert not re.search(r"<style|\sstyle=|\son\w+=", page)


@pytest.mark.parametrize("path", ["/demo/", "/demo/product/lark/", "/demo/help/"])
def test_without_the_demo_the_shop_says_that_it_is_gone(client, path):
    response = client.get(path)
    assert response.status_code == 404
    page = response.content.decode()
    assert "The demo was cleared away." in page
    assert "loader.js" not in page


def test_the_front_page_offers_the_demo_shop_while_it_is_there(client, site):
    assert "See the demo shop" not in client.get("/").content.decode()
    site.key = "demo"
    site.save()
    assert "See the demo shop" in client.get("/").content.decode()


def test_a_product_that_is_not_sold_is_not_found(demo_client):
    assert demo_client.get("/demo/product/ostrich/").status_code == 404


@pytest.mark.parametrize("path", ["/", "/demo/", "/demo/product/lark/", "/demo/help/"])
@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [
        ({}, "zh-CN,zh;q=0.9", "zh-Hans"),
        ({}, "fr", "en"),
        ({"lang": "zh-Hans"}, "en", "zh-Hans"),
        ({"lang": "en"}, "zh-CN", "en"),
        ({"lang": "xx"}, "en", "en"),
    ],
)
def test_pages_speak_the_chosen_or_accepted_language(demo_client, path, query, accepted, language):
    response = demo_client.get(path, query, headers={"accept-language": accepted})
    page = response.content.decode()
    assert f'<html lang="{language}">' in page
    assert response["Content-Language"] == language
    text = re.sub(r"<[^>]+>", " ", page).replace("简体中文", "")
    assert bool(re.search("[\u4e00-\u9fff]", text)) == (language == "zh-Hans")
    if "lang" in query and query["lang"] == language and path != "/":
        assert f'href="/demo/help/?lang={language}"' in page


def test_what_is_not_there_is_said_in_both_languages(client):
    page = client.get("/nothing/").content.decode()
    assert "There is nothing at this address." in page
    assert "这个地址下没有内容。" in page


def test_a_failure_is_said_in_both_languages_without_a_trace(client, monkeypatch):
    def fail(*_arguments: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(embed, "active_site", fail)
    client.raise_request_exception = False
    response = client.get("/w/1/frame/", {"key": "demo"})
    page = response.content.decode()
    assert response.status_code == 500
    assert "Something went wrong on our side." in page
    assert "我们这边出了点问题。" in page
    assert "secret" not in page
    assert "Traceback" not in page


def test_a_key_that_cannot_be_stored_is_an_unknown_one(client):
    assert client.get("/w/1/frame/", {"key": "demo\0"}).status_code == 404
