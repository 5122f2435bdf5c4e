"""Likeness of texts, word differences, and the grouping of unanswered questions."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.knowledge.difference import COMPARED_AT_MOST, difference
from apps.knowledge.grouping import group_questions
from apps.knowledge.likeness import is_same, likeness, nearest, vector, wordings
from apps.knowledge.models import QuestionGroup, UnansweredQuestion
from apps.knowledge.services import mark_questions

Outcome = UnansweredQuestion.Outcome


class TestDifference:
    @pytest.mark.parametrize(
        ("before", "after", "pieces"),
        [
            ("in two days", "in three days", "in -two-+three+ days"),
            ("两天内送达", "三天内免费送达", "-两-+三+天内+免费+送达"),
            ("", "new", "+new+"),
            ("old", "", "-old-"),
            ("same", "same", "same"),
        ],
    )
    def test_is_told_by_words_and_in_chinese_by_characters(self, before, after, pieces):
        marks = {"same": "{}", "inserted": "+{}+", "removed": "-{}-"}
        found = difference(before, after)
        assert "".join(marks[piece.kind].format(piece.text) for piece in found) == pieces

    def test_long_texts_are_compared_sentence_by_sentence(self):
        one = "".join(f"Line {n} of it. " for n in range(400))
        assert len(one) ** 2 > COMPARED_AT_MOST
        found = difference(one, one.replace("Line 7 of", "Row 7 of"))
        assert [p.text for p in found if p.kind == "removed"] == [" Line 7 of it."]

    def test_both_sides_are_whole(self):
        before, after = "We ship in two days, mostly.", "Mostly we ship within three days."
        found = difference(before, after)
        assert "".join(p.text for p in found if p.kind != "inserted") == before
        assert "".join(p.text for p in found if p.kind != "removed") == after


class TestLikeness:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Do you sponsor bands", "do you sponsor local bands?"),
            ("怎么开发票", "开发票怎么弄"),
            ("你们有实体店吗", "有没有實體店"),
        ],
    )
    def test_rewordings_are_alike(self, one, other):
        assert likeness(vector(one), vector(other)) > 0.55

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("do you ship to Norway", "do you repair headphones"),
            ("怎么开发票", "怎么退货"),
            ("怎么开发票", "how do I return it"),
            ("", "anything"),
        ],
    )
    def test_other_topics_are_not(self, one, other):
        assert likeness(vector(one), vector(other)) < 0.5

    def test_the_same_but_for_spelling(self):
        assert is_same("Where are you?", "  WHERE are you")
        assert is_same("开發票。", "开发票")
        assert not is_same("Where are you", "Where are they")

    def test_the_nearest_is_named(self):
        assert nearest("where is your shop", ["opening hours", "Where's your shop?"])[0] == (
            "Where's your shop?"
        )
        assert nearest("x", []) == ("", 0.0)

    def test_wordings_are_named_once(self):
        assert wordings(["A b?", "a B", "c", "d"], besides=["C!"], most=1) == ["A b?"]


@pytest.mark.django_db
class TestGrouping:
    @pytest.fixture
    def ask(self, site):
        times = iter(range(1000))

        def make(text, language="en", where=site):
            return UnansweredQuestion.objects.create(
                turn=uuid.uuid4(),
                session=uuid.uuid4(),
                site=where,
                language=language,
                text=text,
                asked_at=timezone.now() + timedelta(seconds=next(times)),
            )

        return make

    def groups(self):
        return sorted((group.size, group.newest.text) for group in QuestionGroup.objects.all())

    def test_questions_that_are_alike_stand_together(self, ask):
        ask("Do you sponsor bands?")
        ask("How loud are the speakers?")
        ask("do you sponsor local bands")
        assert group_questions() == 3
        assert self.groups() == [
            (1, "How loud are the speakers?"), (2, "do you sponsor local bands"),
        ]  # fmt: skip

    def test_later_ones_join(self, ask):
        ask("Do you sponsor bands?")
        group_questions()
        ask("Do you sponsor bands then?")
        group_questions()
        assert self.groups() == [(2, "Do you sponsor bands then?")]
        assert group_questions() == 0

    def test_languages_stay_apart(self, ask):
        ask("bluetooth 5.3")
        ask("bluetooth 5.3", language="zh-Hans")
        group_questions()
        assert QuestionGroup.objects.count() == 2

    def test_what_is_asked_again_after_it_was_seen_to_is_a_group_of_its_own(self, ask):
        first = ask("Do you sponsor bands?")
        group_questions()
        first.refresh_from_db()
        mark_questions(questions=[first], outcome=Outcome.ANSWERED)
        ask("Do you sponsor bands?")
        group_questions()
        assert QuestionGroup.objects.count() == 2

    def test_all_of_a_group_are_seen_to_and_opened_again(self, ask):
        first, _second = ask("Do you sponsor bands?"), ask("do you sponsor bands")
        group_questions()
        first.refresh_from_db()
        assert mark_questions(questions=[first], outcome=Outcome.DISMISSED) == 2
        assert not UnansweredQuestion.objects.open().exists()
        assert mark_questions(questions=[first], outcome=Outcome.OPEN) == 2
        assert UnansweredQuestion.objects.open().count() == 2

    def test_a_thousand_cost_few_queries(self, ask, site, django_assert_max_num_queries):
        words = [
            "lamp",
            "chair",
            "table",
            "door",
            "window",
            "shelf",
            "carpet",
            "mirror",
            "drawer",
            "sofa",
        ]
        UnansweredQuestion.objects.bulk_create(
            UnansweredQuestion(
                turn=uuid.uuid4(), session=uuid.uuid4(), site=site, language="en",
                text=f"is the {words[n % 10]} number {n % 70} sold", asked_at=timezone.now(),
            )
            for n in range(1000)
        )  # fmt: skip
        with django_assert_max_num_queries(12):
            assert group_questions() == 1000
