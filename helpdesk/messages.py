"""`python -m helpdesk.messages`: brings the Chinese catalogue up to date and compiles it.

Does without GNU gettext. Every message of ours has to be translated, those of Unfold that Django
does not translate, since Unfold ships no catalogues, and those that Django's own lack. `problems`
says what is left to do.
"""

import io
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("apps", "helpdesk", "templates")
PO = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
MO = PO.with_suffix(".mo")
LOCALE = "zh_Hans"
HEADER = "# Simplified Chinese. Written by `make messages`: translate here, never add a message."
FROM_UNFOLD = "Unfold's own, which it does not translate"
FROM_DJANGO = "Django's own, which it has not translated yet"
# Those of Django's catalogues that a page of ours can show.
OF_DJANGO = ("conf", "contrib/admin", "contrib/auth")
WIDTH = 98
KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sdr%]|{\w*}")

Id = str | tuple[str, ...] | list[str]
Found = tuple[str | None, Id]


class Steady(Catalog):
    """A catalogue whose head holds no days and no versions: they would change with every run."""

    def __init__(self) -> None:
        super().__init__(LOCALE, "django", HEADER, charset="utf-8", fuzzy=False)

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Project-Id-Version", "Helpdesk"),
            ("Language", LOCALE),
            ("Plural-Forms", self.plural_forms),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
        ]


def template_catalogue(root: Path = ROOT) -> Catalog:
    """All messages that need a translation, in the order of the sources and without lines."""
    catalogue = Steady()
    for path in _sources(root):
        name = path.relative_to(root).as_posix()
        for context, message in _messages(path):
            catalogue.add(message, context=context, locations=[(name, 1)])
    unfold = Path(str(files("unfold")))
    done = _translated_by_django()
    for path in _walk(unfold, unused="contrib"):
        for context, message in _messages(path):
            if (context, _key(message)) not in done and catalogue.get(message, context) is None:
                catalogue.add(message, context=context, auto_comments=[FROM_UNFOLD])
    for own in _messages_of_django():
        known = (own.context, _key(own.id)) in done
        if not known and catalogue.get(own.id, own.context) is None:
            catalogue.add(own.id, context=own.context, auto_comments=[FROM_DJANGO], flags=own.flags)
    return catalogue


def read(path: Path = PO) -> Catalog:
    """The catalogue in a file, or an empty one."""
    if not path.exists():
        return Steady()
    with path.open("rb") as file:
        stored = read_po(file, locale=LOCALE, domain="django")
    return merged(stored, stored)


def merged(template: Catalog, translated: Catalog) -> Catalog:
    """The messages of `template` with the translations known; nothing is guessed."""
    catalogue = Steady()
    for message in template:
        if not message.id:
            continue
        known = translated.get(message.id, message.context)
        catalogue.add(
            message.id,
            known.string if known else "",
            locations=message.locations,
            auto_comments=message.auto_comments,
            user_comments=known.user_comments if known else (),
            flags=known.flags if known else (),
            context=message.context,
        )
    return catalogue


def as_po(catalogue: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=WIDTH, include_lineno=False, ignore_obsolete=True)
    return buffer.getvalue()


def as_mo(catalogue: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def problems(template: Catalog, translated: Catalog) -> Iterator[str]:
    """A line for each message that is missing, untranslated, fuzzy or has other placeholders."""
    for message in template:
        if not message.id:
            continue
        known = translated.get(message.id, message.context)
        strings = _strings(known) if known else []
        if known is None:
            yield f"missing: {message.id!r}"
        elif not all(strings):
            yield f"untranslated: {message.id!r}"
        elif known.fuzzy:
            yield f"fuzzy: {message.id!r}"
        elif not _placeholders_fit(message.id, strings):
            yield f"other placeholders: {message.id!r} -> {known.string!r}"


def main() -> int:
    """Writes both files; 1 while something is left to translate."""
    template = template_catalogue()
    catalogue = merged(template, read())
    PO.parent.mkdir(parents=True, exist_ok=True)
    PO.write_bytes(as_po(catalogue))
    MO.write_bytes(as_mo(read()))
    left = list(problems(template, catalogue))
    sys.stdout.write("".join(f"{line}\n" for line in left))
    sys.stdout.write(f"{len(catalogue)} messages, {len(left)} to see to.\n")
    return 1 if left else 0


def _sources(root: Path) -> list[Path]:
    return [path for folder in FOLDERS for path in _walk(root / folder)]


def _walk(folder: Path, *, unused: str = "migrations") -> list[Path]:
    found = [*folder.rglob("*.py"), *folder.rglob("*.html"), *folder.rglob("*.txt")]
    return sorted(path for path in found if unused not in path.relative_to(folder).parts)


def _messages(path: Path) -> Iterator[Found]:
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        if "{%" not in text and "{{" not in text:
            return
        # Python's tokenizer reads what is left of the template, and stumbles over its indents.
        text = "\n".join(line.strip() for line in templatize(text).splitlines())
    source = io.BytesIO(text.encode())
    for _line, message, _comments, context in extract(
        "python", source, KEYWORDS, options={"encoding": "utf-8"}
    ):
        yield context, message


def _translated_by_django() -> set[tuple[str | None, str]]:
    django = Path(str(files("django")))
    catalogues = (read(path) for path in django.rglob(f"locale/{LOCALE}/LC_MESSAGES/django.po"))
    return {
        (message.context, _key(message.id))
        for catalogue in catalogues
        for message in catalogue
        if message.id and all(_strings(message)) and not message.fuzzy
    }


def _messages_of_django() -> Iterator[Message]:
    django = Path(str(files("django")))
    for part in OF_DJANGO:
        catalogue = read(django / part / "locale" / "en" / "LC_MESSAGES" / "django.po")
        yield from (message for message in catalogue if message.id)


def _key(message: Id) -> str:
    return message if isinstance(message, str) else message[0]


def _strings(message: Message) -> list[str]:
    found = message.string
    return [found] if isinstance(found, str) else list(found or ())


def _placeholders_fit(message: Id, strings: Iterable[str]) -> bool:
    """A form may leave out what one of the plural's originals leaves out, and add nothing."""
    originals = [message] if isinstance(message, str) else message
    wanted = [set(PLACEHOLDER.findall(text)) for text in originals]
    used = [set(PLACEHOLDER.findall(text)) for text in strings]
    return all(set.intersection(*wanted) <= one <= set.union(*wanted) for one in used)


if __name__ == "__main__":
    sys.exit(main())
