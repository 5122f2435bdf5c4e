"""Options of a choice, by what a visitor may call them: labels, synonyms, and typos of these."""

from dataclasses import dataclass
from difflib import get_close_matches

from apps.engine.flows import SlotSpec
from apps.engine.recognise.names import Found, Names, index, words_of
from apps.engine.text import normalise

# How alike a misspelt name must be (difflib's ratio): one wrong letter in six passes.
ALIKE = 0.82
SHORTEST_MISSPELT = 5
LONGEST_MISSPELT = 40
_AROUND = " \t.,;:!?~…、'\"()[]"


@dataclass(frozen=True, slots=True)
class Choice:
    """The options of one slot, ready to be looked for."""

    names: Names
    whole: dict[str, str]
    values: tuple[str, ...]

    def inside(self, folded: str) -> list[Found]:
        """The options named in a line, the longest names first taken."""
        return self.names.find(folded, words_of(folded))

    def exactly(self, folded: str) -> str:
        """The option that the whole line is; "" for none."""
        plain = folded.strip(_AROUND)
        return self.whole.get(plain) or self.whole.get(" ".join(plain.split()), "")

    def nearly(self, folded: str) -> str:
        """The same, in spite of a typo."""
        plain = folded.strip(_AROUND)
        if not SHORTEST_MISSPELT <= len(plain) <= LONGEST_MISSPELT:
            return ""
        near = get_close_matches(plain, self.whole, n=1, cutoff=ALIKE)
        return self.whole[near[0]] if near else ""


def choice(spec: SlotSpec) -> Choice:
    named: dict[str, str] = {}
    for option in spec.options:
        for name in (option.value, *option.labels.values(), *option.synonyms):
            named.setdefault(normalise(name).strip(_AROUND), option.value)
    named.pop("", None)
    return Choice(index(named.items()), named, tuple(option.value for option in spec.options))
