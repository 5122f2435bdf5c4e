"""The question beside a wish is answered with it where the search is sure, and else not lost."""

from apps.engine.answering import Play, answer, look_up, offered
from apps.engine.decide import Answer, Unsure
from apps.engine.events import Part, Say
from apps.engine.scene import Scene


def ask_beside(question: str, scene: Scene) -> Play:
    """What a person has to answer brings one, as it does by itself."""
    decision = yield from look_up(question, scene)
    if isinstance(decision, Answer | Unsure):
        answer(decision, scene)
    else:
        scene.asked = ""
        scene.parts.append(Part(Say.ALSO_ASKED, offered(decision), text=question))
