"""Every sentence of the console's page, handed to its script as data."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WORDS: Mapping[str, Promise] = {
    "title": _("Console"),
}


def words() -> dict[str, str]:
    """In the language of the request."""
    return {name: str(sentence) for name, sentence in WORDS.items()}
