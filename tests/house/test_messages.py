"""Every message has its Chinese."""

import pytest
from babel.messages.catalog import Catalog

from helpdesk import messages


@pytest.fixture(scope="module")
def template() -> Catalog:
    return messages.template_catalogue()


class TestCatalogue:
    def test_every_message_is_translated(self, template):
        assert list(messages.problems(template, messages.read())) == []

    def test_the_file_is_as_the_command_would_write_it(self, template):
        written = messages.as_po(messages.merged(template, messages.read()))
        assert messages.PO.read_bytes() == written, "run `make messages`"

    def test_the_compiled_file_is_not_stale(self):
        assert messages.MO.read_bytes() == messages.as_mo(messages.read()), "run `make messages`"

    def test_messages_of_all_kinds_are_found(self, template):
        for message in (
            "Publish",
            "Transcript",
            ("%(count)d ticket marked as done.", "%(count)d tickets marked as done."),
            ("%(entries)s entry in search", "%(entries)s entries in search"),
            # Django has no Chinese for it.
            "Forgotten your login credentials?",
        ):
            assert template.get(message) is not None, message
        assert template.get("Open", "ticket") is not None


class TestProblems:
    @pytest.mark.parametrize(
        ("translation", "flags", "problem"),
        [
            ("您好，%(name)s", (), None),
            ("", (), "untranslated"),
            ("您好，%(name)s", ("fuzzy",), "fuzzy"),
            ("您好", (), "other placeholders"),
            ("您好，%(Name)s", (), "other placeholders"),
            ("%(name)s，{count}", (), "other placeholders"),
        ],
    )
    def test_are_told(self, translation, flags, problem):
        wanted, known = Catalog(), Catalog()
        wanted.add("Hello %(name)s")
        known.add("Hello %(name)s", translation, flags=flags)
        told = list(messages.problems(wanted, known))
        assert [line.split(":")[0] for line in told] == ([problem] if problem else [])

    def test_a_missing_message_is_told(self):
        wanted = Catalog()
        wanted.add("Hello")
        assert list(messages.problems(wanted, Catalog())) == ["missing: 'Hello'"]

    def test_merging_keeps_translations_and_guesses_none(self):
        wanted, known = Catalog(), Catalog()
        wanted.add("Hello")
        wanted.add("Hello!")
        known.add("Hello", "您好")
        known.add("Gone", "没了")
        found = messages.merged(wanted, known)
        assert {message.id: message.string for message in found if message.id} == {
            "Hello": "您好",
            "Hello!": "",
        }
