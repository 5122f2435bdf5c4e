"""The console's files: their sentences, their size, and what they never do."""

import gzip
import re
from pathlib import Path

import pytest

from apps.console import words
from apps.sites.models import LANGUAGES

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "static" / "console"
FILES = {path.name: path.read_text() for path in sorted(FOLDER.iterdir())}
SCRIPTS = {name: text for name, text in FILES.items() if name.endswith(".js")}
SCRIPT = "".join(SCRIPTS.values())
PAGE = (ROOT / "templates" / "console" / "page.html").read_text()
BUDGET = 60 * 1024
# Types only: it is never fetched.
UNSERVED = {"proto.js"}
QUOTED = set(re.findall(r'"(\w+)"', SCRIPT))
IN_PAGE = set(re.findall(r"\bsay\.(\w+)", PAGE))
# Names that are put together: say(`due_${level}_in`), named("mode", code), say(short ? "a" : "b").
BEGUN = tuple(
    {f"{name}_" for name in re.findall(r'\bnamed\(\s*"(\w+)"', SCRIPT)}
    | set(re.findall(r"`(\w+_)\$\{", SCRIPT))
)
BRACES = re.compile(r"{\w+}")


def test_the_page_asks_for_no_other_sentences():
    asked = set(re.findall(r'\bsay\(\s*"(\w+)"', SCRIPT)) | IN_PAGE
    assert asked
    assert asked <= set(words.TEXTS)


def test_no_sentence_travels_for_nothing():
    unused = set(words.TEXTS) - QUOTED - IN_PAGE
    assert {name for name in unused if not name.startswith(BEGUN)} == set()


def test_every_sentence_stands_in_one_part_only_or_says_the_same():
    for name, text in words.TEXTS.items():
        assert {str(part[name]) for part in words.PARTS if name in part} == {str(text)}, name


@pytest.mark.parametrize("language", [code for code, _name in LANGUAGES])
def test_every_language_has_the_same_words_to_fill_in(language):
    english = words.page_words("en")["texts"]
    for name, text in words.page_words(language)["texts"].items():
        assert sorted(BRACES.findall(text)) == sorted(BRACES.findall(english[name])), name


@pytest.mark.parametrize("language", [code for code, _name in LANGUAGES])
def test_an_action_is_known_by_both_languages(language):
    found = words.page_words(language)
    assert set(found["actions"]) == set(words.ACTIONS)
    assert found["language"] == language
    assert words.page_words(language.lower()) == found


def test_it_is_small():
    served = [text for name, text in FILES.items() if name not in UNSERVED]
    assert sum(len(gzip.compress(text.encode(), 9)) for text in served) <= BUDGET


def test_no_module_is_long():
    assert [name for name, text in SCRIPTS.items() if text.count("\n") >= 300] == []


def test_no_text_becomes_markup():
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert forbidden not in SCRIPT
    assert "style=" not in PAGE
    assert "onclick" not in PAGE
    assert re.findall(r"<script(?![^>]*\bsrc=)", PAGE) == []


def test_every_picture_that_is_asked_for_is_there():
    drawn = set(re.findall(r'id="icon-(\w+)"', PAGE))
    asked = set(re.findall(r'#icon-(\w+)"', PAGE)) | set(re.findall(r'\bicon\("(\w+)"\)', SCRIPT))
    assert asked <= drawn


def test_the_list_of_shortcuts_names_the_keys_that_work_and_no_others():
    [single] = re.findall(r"const single = {(.*?)\n  };", SCRIPTS["commands.js"], re.DOTALL)
    keys = set(re.findall(r'^ {4}"?([?\w]+)"?: ', single, re.MULTILINE))
    shown = {"ArrowDown": "↓", "ArrowUp": "↑", "Escape": "Esc"}
    works = {shown.get(key, key.upper()) for key in keys}
    listed = re.findall(r'^ {2}\["(.*?)", "key_\w+"\]', SCRIPTS["keys.js"], re.MULTILINE)
    caps = {cap for keys in listed for cap in keys.split(" ")}
    # In the list and in the box the browser and the box itself see to them; tabs are counted.
    assert caps - {"Enter", "/", "1", "–", "5"} == works
    assert set(words.page_words("en")["texts"]) >= set(
        re.findall(r'"(key_\w+)"', SCRIPTS["keys.js"])
    )
