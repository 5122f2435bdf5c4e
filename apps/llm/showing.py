"""Shows an answer while it grows: whole sentences, each after its check, and takes them back."""

import re
from collections.abc import Callable
from enum import Enum, auto

# The stop of a sentence; a Latin one only before a space, since 3.5 and shop.example have one too.
SENTENCE_END = re.compile(r"(?:[。！？；…]+[”’」』）)\"']*|[.!?;]+[”’)\"']*(?=\s)|\n)")


class Ready(Enum):
    """WAIT: it may turn out well with what follows. STOP: it never will."""

    SHOW = auto()
    WAIT = auto()
    STOP = auto()


class Showing:
    """Of one turn. `attempt` rises whenever something that was shown is taken back."""

    def __init__(
        self,
        show: Callable[[int, str], None] | None,
        check: Callable[[str], Ready],
        clean: Callable[[str], str] = str,
    ) -> None:
        self._show = show
        self._check = check
        self._clean = clean
        self._attempt = 1
        self._shown = ""
        self._seen = ""
        self._is_stopped = False

    def grow(self, text: str) -> None:
        """The whole so far, as the model writes it. One that does not go on from the one before
        replaces it."""
        ready = sentences(text)
        if ready == self._seen:
            return
        if not ready.startswith(self._seen):
            self.take_back()
        self._seen = ready
        if self._show is not None and not self._is_stopped:
            self._grow(self._clean(ready), self._show)

    def _grow(self, said: str, show: Callable[[int, str], None]) -> None:
        match self._check(said):
            case Ready.SHOW:
                self._shown = said
                show(self._attempt, said)
            case Ready.STOP:
                self.take_back()
                self._is_stopped = True

    def take_back(self) -> None:
        """The next text is another answer's."""
        if self._shown and self._show is not None:
            self._attempt += 1
            self._show(self._attempt, "")
        self._shown = self._seen = ""
        self._is_stopped = False


def sentences(text: str) -> str:
    """As far as its sentences are complete."""
    end = 0
    for found in SENTENCE_END.finditer(text):
        end = found.end()
    return text[:end].rstrip()
