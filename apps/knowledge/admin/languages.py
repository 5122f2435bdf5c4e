"""Which language an entry is written in, and whether it looks like it."""

import re
from collections.abc import Iterable
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.engine.text import HAN
from apps.sites.models import CHINESE, ENGLISH

_HAN = re.compile(f"[{HAN}]")
_WORD = re.compile(rf"[^\W\d_{HAN}]+")


def of_staff() -> str:
    """The language that the staff pages are read in, as sites name it."""
    return CHINESE if (get_language() or "").startswith("zh") else ENGLISH


def doubt(language: str, texts: Iterable[str]) -> Any:
    """Why the texts hardly are in that language; None when they may be. Names and codes in
    another script are usual, so a Chinese character counts as much as a word does."""
    text = "\n".join(texts)
    chinese, others = len(_HAN.findall(text)), len(_WORD.findall(text))
    if language == CHINESE and not chinese and others:
        return _("The entry is set to Chinese, but there is no Chinese character in it.")
    if language == ENGLISH and chinese > others:
        return _("The entry is set to English, but most of it is written in Chinese.")
    return None
