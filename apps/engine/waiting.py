"""The way to a person and back, and what is said to somebody who waits for one."""

import re
from collections.abc import Sequence
from dataclasses import replace

from apps.engine.addresses import address_in
from apps.engine.book import PhraseKind
from apps.engine.commands import CancelFlow, Command, StartFlow, WantBot
from apps.engine.courtesies import spelt
from apps.engine.events import Address, Handoff, Reason, Resume, Say
from apps.engine.flows import FlowSpec
from apps.engine.policy import Condition, Step
from apps.engine.reading import phrases
from apps.engine.scene import Scene
from apps.engine.text import normalise
from apps.engine.types import Memory, State

HANDOFF = frozenset({Step.HANDOFF})
# A stop of these words may be about an order, or ask for nothing to change.
MAY_MEAN_ELSE = re.compile(r"\b(?:keep|leave|start|cancel)\b|取消|保留|撤回|申请")
LONGEST = 60
ASKS_AFTER = re.compile(
    r"""
    [\W_]*|(?:so|and|well|hello|hey|ok|any)?\W*
    (?:(?:are\ (?:you|we)|is\ (?:it|that|this)|all)?\ ?(?:done|ready|finished|there|working|through|complete)?(?:\ (?:yet|now|already))?
        |how\ (?:much\ longer|long(?:\ (?:will|does)\ (?:it|this)\ take)?|is\ it\ going)|what(?:'s|\ is)\ (?:up|happening|taking\ so\ long|going\ on)
        |(?:did|has)\ (?:it|that|this)\ (?:work|worked|go\ through|gone\ through)|still\ (?:there|waiting|working)|news|update|progress)\W*
    |(?:那|请问|现在|到底)?(?:好了|完成了?|办好了?|弄好了?|成功了?|搞定了?|提交了?|处理(?:好|完)了?|可以了|行了|查到了?|结果|进度|还在|然后|人)(?:没有?|吗|么|呢|吧)?
    |(?:还)?(?:要|得)?(?:等)?多久(?:能好|能完|才能?好|才行)?|怎么(?:样|还没|这么慢|没(?:反应|动静)).*|还没(?:好|完|有结果).*|还?在(?:处理|办|查|弄)?(?:吗|么|呢)|有(?:结果|消息|进展)(?:了)?(?:吗|么|没)
    """,
    re.VERBOSE,
)


def want_human(scene: Scene) -> None:
    """Whoever asks for a person gets one, even if no row of the policy is left that says so."""
    scene.route = "handoff"
    if scene.is_waiting:
        scene.say(Say.WAITING if scene.has_address else Say.UNREACHABLE)
        return
    scene.weigh({Condition.ASKED_HUMAN: True}, HANDOFF)
    scene.person = Reason.ASKED


def hand_over(reason: Reason, scene: Scene) -> None:
    """A flow that the visitor is in stays in memory, for whoever takes over."""
    if not scene.route:
        # A risk is a question for whoever takes over.
        scene.route = "high_risk" if reason is Reason.HIGH_RISK else "handoff"
    found = _told_with_the_wish(reason, scene)
    if scene.has_address:
        scene.say(Say.WAITING if reason is Reason.ASKED else Say.NOTED)
        scene.go(State.HANDOFF, reason)
    elif not found:
        scene.say(Say.HANDOFF)
        scene.go(State.COLLECT, reason)
    scene.steps.append(Handoff(reason))
    if found:
        _note_address(found, scene)


def _told_with_the_wish(reason: Reason, scene: Scene) -> Address | None:
    if reason is not Reason.ASKED or scene.has_address:
        return None
    return address_in(scene.line or "", scene.snapshot.book)


def ask_for_address(scene: Scene) -> None:
    """A flow's order is with the team: the bot goes on, and an address that is typed is taken."""
    scene.say(Say.LEAVE_ADDRESS)
    scene.memory = replace(scene.memory, unreachable=True)


def take_address(text: str, scene: Scene) -> bool:
    """Whether the line says how the team can answer, which it was asked for; then that is noted
    and the line is the message to the team, whatever else it says. In a flow a number may be a
    detail of it."""
    is_asked_for = scene.is_waiting or (scene.memory.unreachable and not scene.active)
    if not is_asked_for or scene.has_address:
        return False
    found = address_in(text, scene.snapshot.book)
    if found is None:
        return False
    scene.route = "contact"
    _note_address(found, scene)
    return True


def _note_address(found: Address, scene: Scene) -> None:
    scene.say(Say.REACHABLE, text=found.email or found.phone)
    scene.memory = replace(scene.memory, told=False, unreachable=False)
    scene.go(State.HANDOFF, "contact")
    scene.steps.append(found)


def want_bot(scene: Scene) -> None:
    """What was tried in vain to prove an order is remembered, or waiting would reset the count."""
    if not scene.is_waiting:
        scene.route = "smalltalk"
        if not scene.active:
            scene.say(Say.ASSENT)
        return
    scene.route = "handoff"
    kept = scene.has_address
    scene.say(Say.KEPT if kept else Say.WITHDRAWN)
    scene.memory = Memory(reachable=kept, wrong=scene.memory.wrong)
    scene.go(State.INIT, "resumed" if kept else "withdrawn")
    scene.steps.append(Resume(kept))


def gives_up(text: str, scene: Scene) -> Sequence[Command]:
    """A stop that is the whole line of who waits. It takes back a request that nobody could answer;
    one with an address is not lost by a word."""
    if not scene.is_waiting:
        return ()
    line = spelt(text)
    if phrases(scene.snapshot.book).whole(line, [PhraseKind.CANCEL]) is not PhraseKind.CANCEL:
        return ()
    is_kept = scene.has_address or MAY_MEAN_ELSE.search(line)
    return [CancelFlow() if is_kept else WantBot()]


def keep_asking(scene: Scene) -> None:
    """The team reads the stop, and the visitor how to go on without waiting."""
    scene.route = "queued"
    scene.say(Say.STILL_ASKED)
    scene.tell()


def asks_after(line: str) -> bool:
    """Whether a whole line asks how far it is with what was begun: "are you done?", 好了吗."""
    plain = normalise(line[:LONGEST]).strip(" ,.;!?~…。，；！？")
    return ASKS_AFTER.fullmatch(plain) is not None


def note(scene: Scene) -> None:
    """The line is one more for the team. Said once, until something else was answered: who
    writes down a long story wants no word after each sentence. Whoever asks for a flow is told each
    time that it would be begun without waiting."""
    if flow := asked_for(scene):
        scene.say_of(flow, Say.FLOW_WAITS)
        if not scene.has_address:
            scene.say(Say.LEAVE_ADDRESS)
        scene.tell()
    elif not scene.memory.told:
        scene.say(Say.NOTED if scene.has_address else Say.NOTED_UNREACHABLE)
        scene.tell()


def asked_for(scene: Scene) -> FlowSpec | None:
    """The flow that the line asks for, if that can be begun."""
    flows = scene.snapshot.book.by_key
    starts = (one.flow for one in scene.commands if isinstance(one, StartFlow))
    return next((flows[key] for key in starts if key in flows), None)


def remind(scene: Scene) -> None:
    """That the team has the request, once as above."""
    if not scene.memory.told:
        scene.say(Say.WAITING if scene.has_address else Say.UNREACHABLE)
        scene.tell()
