"""Plays a line where others must not wait for it, and again once the meaning of a question that
words alone do not answer is known."""

from apps.chat.threads import in_thread
from apps.dialogue import ladders, wiring
from apps.dialogue.meanings import Question, meanings
from apps.dialogue.play import Played, Said, Standing, go_on, play


async def played(standing: Standing, said: Said, *, models: bool = False) -> Played:
    """Nothing is stored. Waits `HELPDESK_MEANING_SECONDS` at most for a vector. `models`: whether
    it may stop where it needs one; it does not where the site has none for such a line."""
    found = await _once(standing, said, models=models)
    if found.vague:
        question = Question(standing.site, standing.session, found.vague)
        if await meanings.ask(question):
            return await _once(standing, said, models=models)
    return found


async def _once(standing: Standing, said: Said, *, models: bool) -> Played:
    if wiring.is_slow(standing.site):
        return await in_thread(_play, standing, said, models=models)
    return _play(standing, said, models=models)


def _play(standing: Standing, said: Said, *, models: bool) -> Played:
    found = play(standing, said, models=models)
    while found.needs and not ladders.answering(standing.site, high_value=found.needs.high_value):
        go_on(found, None)
    return found
