"""What operators and teams can do, as it is stored: JSON lists of keys, of which none stands for all."""

import re
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.sites.models import LANGUAGES

KNOWN = frozenset(code for code, _name in LANGUAGES)
KEY = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.IGNORECASE)
MOST = 200


def check_skills(languages: object, flows: object) -> None:
    """Raises ValidationError, by field, for what is no list of languages that visitors are answered
    in, or no list of keys of flows: one of them may have gone since."""
    wrong = {}
    if not _is_list(languages, KNOWN.__contains__):
        wrong["languages"] = _("Choose among the languages that visitors are answered in.")
    if not _is_list(flows, KEY.fullmatch):
        wrong["flows"] = _("Name flows by their keys, each once.")
    if wrong:
        raise ValidationError(wrong)


def _is_list(found: object, is_one: Callable[[str], object]) -> bool:
    if not isinstance(found, list) or len(found) > MOST:
        return False
    return all(isinstance(one, str) and is_one(one) for one in found) and len(set(found)) == len(
        found
    )
