"""A visitor's browser, system and language by the names that people know them by."""

import re

from django.utils.functional import Promise
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

# Most of them name others besides themselves: the first that fits.
BROWSERS: dict[str, str | Promise] = {
    "MicroMessenger": _("WeChat"),
    "Edg|EdgA|EdgiOS": "Edge",
    "OPR|OPT": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox|FxiOS": "Firefox",
    "Chrome|CriOS": "Chrome",
    r"Version(?=/\d.*\bSafari\b)": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "CrOS": "ChromeOS",
    "Macintosh": "macOS",
    "Linux": "Linux",
}


def device(agent: str) -> str:
    """The browser with its version, and the system, of a `User-Agent`; unknown ones as they are."""
    browsers = (
        f"{title} {found[1]}"
        for names, title in BROWSERS.items()
        if (found := re.search(rf"\b(?:{names})/(\d+)", agent))
    )
    systems = (title for name, title in SYSTEMS.items() if name in agent)
    known = [next(browsers, ""), next(systems, "")]
    return " · ".join(filter(None, known)) or agent


def language(locale: str) -> str:
    """The name of a BCP 47 tag in the active language; an unknown one as it is."""
    try:
        return str(get_language_info(locale.replace("_", "-").lower())["name_translated"])
    except KeyError:
        return locale
