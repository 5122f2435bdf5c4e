"""While a model says nothing: the visitor hears that an answer is looked for, and may go on or stop."""

import pytest

from apps.dialogue import phrases
from tests.faults.shop import LONG, UNKNOWN, near

pytestmark = pytest.mark.stack

IMPATIENT = {"HELPDESK_TURN_PATIENCE_SECONDS": "0.2"}
UNKNOWN_ZH = "鱼在火车上睡觉吗"
PATIENT_MODEL = {"first_token_s": 50.0, "gap_s": 50.0, "deadline_s": 55.0}


@pytest.fixture
async def worker(house, web, started):
    return await started(house.worker, **IMPATIENT)


@pytest.mark.parametrize(("locale", "line"), [("en", UNKNOWN), ("zh-CN", UNKNOWN_ZH)])
async def test_who_waits_for_a_model_that_hangs_is_told_so_and_can_stop(
    talk, teller, house, models, worker, locale, line
):
    await models("hang", **PATIENT_MODEL)
    language = "en" if locale == "en" else "zh-Hans"
    visitor = await talk(locale=locale)
    await visitor.acked(line)
    delta = await visitor.until("delta")
    assert delta["text"] == phrases.in_language(phrases.LOOKING, language)
    assert (delta["attempt"], delta["offset"]) == (999, 0)
    assert house.query("SELECT shown FROM chat_turn") == [(False,)]
    await visitor.write(type="stop", turn=delta["turn"])
    await visitor.until("message", text=phrases.in_language(phrases.STOPPED, language))
    assert (await teller.over(visitor)).state == "cancelled"
    assert visitor.replies == []


async def test_what_is_added_meanwhile_is_answered_with_it(talk, teller, models, worker):
    await models("hang", **PATIENT_MODEL)
    visitor = await talk()
    await visitor.acked(near())
    first = await visitor.until("delta")
    await models.become("good")
    await visitor.acked("he is tall, and it snows")
    told = await teller.over(visitor)
    assert (told.state, told.answered, visitor.replies) == ("done", "good", [LONG])
    assert str(told.turn) == first["turn"]
