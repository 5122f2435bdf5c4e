"""Questions and courtesies: what is said to them inside a flow, outside of one, and while waiting."""

from collections.abc import Generator

from apps.engine.commands import Courtesy, StartFlow
from apps.engine.confirming import go_on, leave
from apps.engine.decide import OFFERED, Answer, Decision, Offer, Unsure, decide
from apps.engine.events import Event, NeedModel, Part, Proposal, Reason, Say, Search
from apps.engine.memory import with_last
from apps.engine.policy import PERSON, Condition, Rule
from apps.engine.scene import Scene, Sequel, reason_of
from apps.engine.types import ActiveFlow, Passage
from apps.engine.waiting import asked_for, note, remind

Passages = tuple[Passage, ...]
Request = Search | NeedModel
Given = Passages | Proposal | None
Play = Generator[Event | Request, Given, None]
Asking = Generator[Event | Request, Given, Decision]


def look_up(text: str, scene: Scene, *, exact: bool = False) -> Asking:
    """What the policy makes of a question's passages; nothing is said yet."""
    found = yield Search(text, scene.language, exact)
    passages = found if isinstance(found, tuple) else ()
    scene.asked, scene.found = text, passages
    scene.confidence = passages[0].confidence if passages else None
    book = scene.snapshot.book
    return decide(passages, scene.snapshot.policy, book.rules, high_value=scene.is_high_value)


def surer(decision: Decision, start: StartFlow) -> bool:
    """Whether a question's answer is likelier meant than the flow."""
    match decision:
        case Answer(passage) | Unsure(Passage() as passage):
            return passage.confidence > start.confidence
    return False


def offered(decision: Decision) -> Passages:
    """What may be offered beside the flow that was surer."""
    match decision:
        case Answer(passage):
            return (passage,)
        case Offer(near):
            return near
    return ()


def answer(decision: Decision, scene: Scene, *flows: str) -> None:
    """`flows` may have been meant instead, and are offered with the answer."""
    match decision:
        case Answer(passage, rule):
            scene.route = "faq"
            scene.parts.append(Part(Say.ANSWER, (passage,), candidates=flows))
            scene.decided(rule)
            _count(passage, scene)
        case Offer() if scene.is_waiting and asked_for(scene):
            scene.route = "queued"
            note(scene)
        case Offer(near, rule):
            scene.route = "near"
            scene.parts.append(Part(Say.NEAR, near, candidates=flows))
            scene.decided(rule)
            _count(None, scene)
        case _ if scene.is_waiting:
            scene.route = "queued"
            note(scene)
        case Unsure(_, rule):
            _leave_to_a_person(rule, scene)
        case _ if flows:
            scene.route = "near"
            scene.say(Say.WHICH_FLOW, candidates=flows)
            _count(None, scene)
        case _:
            scene.route = "unknown"
            scene.say(Say.UNKNOWN)
            scene.decided(decision.rule)
            scene.offers_person = decision.rule is not None and decision.rule.then in PERSON
            _count(None, scene)


def compose(proposal: Proposal, scene: Scene) -> None:
    """Says what a model has written, if it has."""
    scene.confidence = proposal.confidence
    if not proposal.reply:
        scene.asked = ""
        return
    scene.route = "model"
    scene.parts.append(Part(Say.COMPOSED, proposal.cited, text=proposal.reply))
    _count(proposal.cited[0] if proposal.cited else None, scene)


def be_there(scene: Scene) -> None:
    """To what asks nothing. In a flow what is pending is asked for again."""
    scene.asked = ""
    scene.confidence = None
    if scene.is_waiting:
        scene.route = scene.route or "smalltalk"
        remind(scene)
    elif not scene.active:
        scene.route = scene.route or "smalltalk"
        flows = scene.snapshot.book.flows[:OFFERED]
        scene.say(Say.HERE, candidates=tuple(flow.key for flow in flows))


def _leave_to_a_person(rule: Rule | None, scene: Scene) -> None:
    scene.decided(rule)
    scene.person = reason_of(rule)
    scene.route = "high_risk" if scene.person is Reason.HIGH_RISK else "unknown"


def _count(passage: Passage | None, scene: Scene) -> None:
    """Notes the answer, and offers a person when it is the same as before. While somebody waits a
    person is on the way."""
    memory = scene.memory
    name = passage.id if passage else ""
    if scene.is_waiting or not (name or memory.last):
        return
    again = memory.again + 1 if name and name == memory.last else int(bool(name))
    scene.memory = with_last(memory, name, again)
    if again > 1:
        scene.call(scene.weigh({Condition.LOOP: again}, PERSON))


def small_talk(courtesy: Courtesy, scene: Scene) -> None:
    """While somebody waits a greeting may ask whether anyone is there, and no goodbye ends it."""
    scene.route = scene.route or "smalltalk"
    active = scene.active
    if scene.is_waiting:
        scene.say(Say.NOBODY_YET if courtesy is Courtesy.GREETING else Say(courtesy))
    elif active is None:
        scene.say(Say(courtesy))
        if courtesy is Courtesy.FAREWELL:
            scene.ended = courtesy
    elif courtesy is Courtesy.ASSENT:
        _nod(active, scene)
    else:
        scene.say(Say(courtesy))
        if courtesy is Courtesy.FAREWELL:
            _part(active, scene)


def _nod(active: ActiveFlow, scene: Scene) -> None:
    """In a flow a nod is no more than a sign of listening, unless it was asked whether to go on."""
    scene.about_flow = True
    if active.paused:
        go_on(scene)


def _part(active: ActiveFlow, scene: Scene) -> None:
    """Who takes leave is asked nothing more. A flow that is under way waits for the visitor's
    return; one that was only offered is over."""
    scene.follow_with(Sequel.NOTHING)
    if active.paused and not scene.returned:
        scene.change(after="")
        leave(Courtesy.FAREWELL, scene)
