"""The staff of the cast, and how their pages are read.

Alice edits entries, Bob publishes them too, Carol looks after visitors, Olga may do everything.
"""

from html.parser import HTMLParser
from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

HOSTILE = "<script>alert('x')</script> \"quoted\" & 'said'"
EDITS = ("add_faq", "change_faq", "delete_faq", "view_faq", "view_unansweredquestion")


def alice() -> User:
    return _member("alice", *EDITS)


def bob() -> User:
    return _member("bob", *EDITS, "publish_faq", "change_unansweredquestion")


def carol() -> User:
    return _member("carol", "view_ticket", "change_ticket", "view_session")


def olga() -> User:
    return User.objects.create(username="olga", is_staff=True, is_superuser=True)


def signed_in(user: User, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client


def page(name: str, *arguments: object) -> str:
    """The path of an admin page, such as "knowledge_faq_changelist"."""
    return reverse(f"admin:{name}", args=arguments)


def form_data(response: Any) -> dict[str, Any]:
    """What a browser would send back from an untouched form with its inline rows."""
    form = response.context["adminform"].form
    data = dict(_values(form))
    for inline in response.context["inline_admin_formsets"]:
        data |= _values(inline.formset.management_form)
        for row in inline.formset.forms:
            data |= _values(row)
    return data


def texts(html: str) -> list[str]:
    """Every piece of text that a person sees or hears, without scripts and styles."""
    reader = _Reader()
    reader.feed(html)
    return [piece for piece in (" ".join(text.split()) for text in reader.found) if piece]


def _member(name: str, *permissions: str) -> User:
    user = User.objects.create(username=name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def _values(form: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for field in form:
        value = field.value()
        names = [field.html_name]
        values = [value]
        if hasattr(field.field.widget, "decompress"):
            sent_before = isinstance(value, list)
            values = value if sent_before else field.field.widget.decompress(value)
            names = [f"{field.html_name}_{n}" for n in range(len(values))]
        sent = zip(names, values, strict=True)
        found |= {n: _text(v) for n, v in sent if v is not None and v is not False}
    return found


def _text(value: Any) -> str:
    return "on" if value is True else str(value)


class _Reader(HTMLParser):
    """Collects text, and the attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._unseen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # An icon is a word that its font draws as a picture.
        icon = "material-symbols" in (dict(attrs).get("class") or "")
        if self._unseen or icon or tag in ("script", "style", "title"):
            self._unseen += [] if tag in ("br", "hr", "img", "input") else [tag]
            return
        heard = ("title", "aria-label", "placeholder", "alt", "data-label")
        self.found += [value for name, value in attrs if value and name in heard]

    def handle_endtag(self, tag: str) -> None:
        if self._unseen and self._unseen[-1] == tag:
            self._unseen.pop()

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.found.append(data)
