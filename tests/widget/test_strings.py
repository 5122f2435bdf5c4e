"""The widget's sentences: all that its script says is there, in every language."""

import re
from pathlib import Path

import pytest

from apps.sites.models import LANGUAGES
from apps.widget import strings

ROOT = Path(__file__).resolve().parents[2]
FILES = {path.name: path.read_text() for path in (ROOT / "static" / "widget").glob("*.js")}
# They are fetched when they are needed, and bring their own sentences.
MODULES = {name: FILES.pop(f"{name}.js") for name in strings.MODULES}
SCRIPTS = "".join(FILES.values())
PAGE = (ROOT / "templates" / "widget" / "frame.html").read_text()
QUOTED = set(re.findall(r'"(\w+)"', SCRIPTS))
# Names that are put together: say(`form_${name}`).
PUT_TOGETHER = re.compile(r"say\(`(\w+)\$\{")
BEGUN = tuple(PUT_TOGETHER.findall(SCRIPTS))
BRACES = re.compile(r"{\w+}")


def test_the_script_asks_for_no_other_sentences():
    asked = set(re.findall(r'\bsay\("(\w+)"', SCRIPTS))
    assert asked
    assert asked <= set(strings.SCRIPT)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_brings_all_the_sentences_it_says_and_no_others(name):
    script, brought = MODULES[name], set(strings.MODULES[name])
    assert set(re.findall(r'\bsay\("(\w+)"', script)) <= brought | set(strings.SCRIPT)
    quoted = set(re.findall(r'"(\w+)"', script))
    begun = tuple(PUT_TOGETHER.findall(script))
    assert {each for each in brought if not each.startswith(begun)} <= quoted


def test_no_sentence_travels_for_nothing():
    assert {name for name in strings.SCRIPT if not name.startswith(BEGUN)} <= QUOTED
    assert {name for name in strings.PAGE if f"words.{name} " not in PAGE} == {"greeting"}


@pytest.mark.parametrize("language", [code for code, _name in LANGUAGES])
def test_every_language_has_the_same_words_to_fill_in(language):
    for name, text in strings.script_strings(language).items():
        assert BRACES.findall(text) == BRACES.findall(strings.script_strings("en")[name]), name
