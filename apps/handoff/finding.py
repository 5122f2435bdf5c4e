"""How a macro is found by what somebody types after a slash."""

from apps.handoff.pinyin import initials

# What is typed may begin what it is looked for in, or stand within it.
LONGEST_QUERY = 60


def search_key(*, name: str, name_en: str, shortcut: str, texts: tuple[str, ...]) -> str:
    """The lines that are looked through, the ones that count most first: shortcut, names, initials of
    the names, and behind an empty line the texts with the initials of their beginnings."""
    names = [shortcut, name, name_en, *initials(name), *initials(name_en)]
    within = [*texts, *(way for text in texts for way in initials(text))]
    return "\n".join([*map(_plain, filter(None, names)), "", *map(_plain, filter(None, within))])


def rank(key: str, query: str) -> int | None:
    """0 is best; None where nothing of it is found."""
    asked = _plain(query[:LONGEST_QUERY])
    names, _, texts = key.partition("\n\n")
    lines = names.split("\n")
    if not asked or asked in lines:
        return 0
    if any(line.startswith(asked) for line in lines):
        return 1
    if any(asked in line for line in lines):
        return 2
    return 3 if asked in texts else None


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
