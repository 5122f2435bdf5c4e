"""What the tests of the search by meaning ask, and what they do to its shop."""

from dataclasses import replace

from apps.dialogue import ladders
from apps.dialogue.meanings import Question
from apps.knowledge.dense.jobs import refresh
from apps.knowledge.index import library
from apps.knowledge.models import DenseIndex
from apps.llm.models import Call, Model
from apps.llm.services import ladder_changed
from apps.llm.values import Outcome, Purpose, Tier

QUESTIONS = (
    "How long does delivery take?",
    "How do I return a jacket?",
    "Do you sell gift cards?",
    "Which sizes do your boots come in?",
    "Is there a discount for students?",
    "Can I change the address of an order?",
)
SURE = "Do you sell gift cards?"
VAGUE = "my niece wants a surprise that fits her purse"
PERSONAL = "surprise for my niece, write to ann.lee@example.com"


def moved():
    """Staff have changed what models there are, and this process has looked."""
    ladder_changed()
    ladders.refresh()


def embed_entries(site):
    assert refresh(site.pk) is False
    library.refresh()


def question(standing, text=VAGUE):
    return Question(standing.site, standing.session, text)


def made_by(site, name):
    """As if another model had made the index: what it does now is up to its name."""
    row = DenseIndex.objects.get(site=site)
    other = Model.objects.get(name="embed")
    other.name = name
    other.save()
    moved()
    library.refresh()
    index = library.of(site.pk)
    dense = replace(index.dense, embedder=f"{other.pk}/{name}")
    library._indexes[site.pk] = index.with_dense(dense)
    return row


def asked(fakellm):
    return [call["body"]["input"] for call in fakellm.calls()]


def spend(site_id):
    """What the day may cost."""
    Call.objects.create(
        site_id=site_id,
        cost=1,
        currency="USD",
        tier=Tier.CLOUD,
        purpose=Purpose.ANSWER,
        outcome=Outcome.OK,
    )
