"""Which language an entry is written in, and whether it looks like it."""

import re
from collections.abc import Iterable
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.engine.text import HAN
from apps.sites.models import CHINESE, ENGLISH

_HAN = re.compile(f"[{HAN}]")
_ADDRESS = re.compile(r"\S+(?:://|@)\S+")
FEW_WORDS = 5
_WORD = re.compile(rf"[^\W\d_{HAN}]+")


def of_staff() -> str:
    """The language that the staff pages are read in, as sites name it."""
    return CHINESE if (get_language() or "").startswith("zh") else ENGLISH


def doubt(language: str, asked: Iterable[str], answer: str = "") -> Any:
    """Why question and phrasings, or the answer, hardly are in that language; None when they may
    be. Names and codes in another script are usual, so a Chinese character counts as much as a word
    does, and an answer may well be a few names or an address."""
    chinese, others = _counted("\n".join([*asked, answer]))
    if language == CHINESE and not chinese and others:
        return _("The entry is set to Chinese, but there is no Chinese character in it.")
    if language == ENGLISH and chinese > others:
        return _("The entry is set to English, but most of it is written in Chinese.")
    chinese, others = _counted(answer)
    if language == CHINESE and not chinese and others > FEW_WORDS:
        return _("The entry is set to Chinese, but there is no Chinese character in the answer.")
    if language == ENGLISH and chinese > others:
        return _("The entry is set to English, but the answer is written in Chinese.")
    return None


def _counted(text: str) -> tuple[int, int]:
    """Chinese characters, and words in other scripts."""
    bare = _ADDRESS.sub(" ", text)
    return len(_HAN.findall(bare)), len(_WORD.findall(bare))
