"""`manage.py evaluate faq|nlu|drift|pii`: the desk measured on labelled data."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError

from apps.dialogue import drift_evaluation, nlu_evaluation
from apps.dialogue.labelled_lines import BadLinesError
from apps.guard import personal_evaluation
from apps.knowledge import evaluation, labelled
from apps.knowledge.lexical import LexicalIndex

PROGRESS_EVERY = 500
NAME_WIDTH = 24

Item = TypeVar("Item")


class Command(BaseCommand):
    """Measures on throw-away data; reads and writes no database."""

    help = "Measure the search, the understanding, the sense of drift or the mask on labelled data."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        subjects = parser.add_subparsers(dest="subject", required=True, metavar="SUBJECT")
        faq = subjects.add_parser("faq", help="FAQ answering, from entries and queries.")
        faq.add_argument("folder", metavar="DIR", help="holds entries.jsonl and queries.jsonl")
        faq.add_argument("--shots", type=int, metavar="N", help="only the first N seeds")
        faq.add_argument("--track", metavar="NAME", help="only the queries of this track")
        faq.add_argument("--entries", type=int, metavar="N", help="small shops of N entries each")
        nlu = subjects.add_parser("nlu", help="Intents and slots, with the flows that ship.")
        nlu.add_argument("file", metavar="FILE", help="a .jsonl or .jsonl.gz")
        nlu.add_argument(
            "--no-catalogue",
            action="store_true",
            help="do not take the products that the file labels for the shop's catalogue",
        )
        drift = subjects.add_parser("drift", help="Which lines leave the topic of a talk.")
        drift.add_argument("file", metavar="FILE", help="a .jsonl or .jsonl.gz")
        pii = subjects.add_parser("pii", help="Personal data found, and what is none left alone.")
        pii.add_argument("file", metavar="FILE", help="a .jsonl or .jsonl.gz")
        for subject in (faq, nlu, drift, pii):
            subject.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        ways = {"faq": self._faq, "nlu": self._nlu, "drift": self._drift, "pii": self._pii}
        report = ways[options["subject"]](options)
        if options["json"]:
            self.stdout.write(json.dumps(report, allow_nan=False))
        else:
            self.stdout.write("\n".join(_table(dict(report))))

    def _faq(self, options: dict[str, Any]) -> evaluation.Report:
        size = options["entries"]
        try:
            data = labelled.read(Path(options["folder"]), options["shots"], options["track"])
            shops = [data] if size is None else list(labelled.small_shops(data, size))
        except labelled.BadSetError as error:
            raise CommandError(str(error)) from error
        self._say(f"Indexing {size or len(data.documents)} entries")
        asked = chain.from_iterable(map(_ask, shops))
        total = [question for shop in shops for question in shop.questions]
        outcomes = self._counted(asked, total, "queries")
        return evaluation.report(len(shops[0].documents), outcomes)

    def _nlu(self, options: dict[str, Any]) -> dict[str, Any]:
        try:
            utterances = nlu_evaluation.read(Path(options["file"]))
        except BadLinesError as error:
            raise CommandError(str(error)) from error
        book = nlu_evaluation.shop(utterances, catalogue=not options["no_catalogue"])
        if book.products:
            self._say(
                f"A shop's catalogue is its own data: the {len(book.products)} products that the "
                "file labels stand for it (--no-catalogue leaves them out)"
            )
        asked = nlu_evaluation.ask(book, utterances)
        return nlu_evaluation.report(book, self._counted(asked, utterances, "utterances"))

    def _drift(self, options: dict[str, Any]) -> dict[str, Any]:
        try:
            judged = list(drift_evaluation.read(Path(options["file"])))
        except BadLinesError as error:
            raise CommandError(str(error)) from error
        return drift_evaluation.report(judged)

    def _pii(self, options: dict[str, Any]) -> dict[str, Any]:
        try:
            return personal_evaluation.report(personal_evaluation.read(Path(options["file"])))
        except personal_evaluation.BadPersonalSetError as error:
            raise CommandError(str(error)) from error

    def _counted(self, found: Iterator[Item], of: Sequence[object], what: str) -> list[Item]:
        """What was found, with progress on stderr."""
        outcomes = []
        for done, outcome in enumerate(found, 1):
            outcomes.append(outcome)
            if done % PROGRESS_EVERY == 0 or done == len(of):
                self._say(f"Asked {done} of {len(of)} {what}")
        return outcomes

    def _say(self, line: str) -> None:
        self.stderr.write(line, style_func=str)


def _ask(shop: labelled.LabelledSet) -> Iterator[evaluation.Outcome]:
    return evaluation.ask(LexicalIndex.build(shop.documents), shop.questions)


def _table(figures: dict[str, Any], indent: str = "") -> Iterator[str]:
    """A line per figure, nested ones indented."""
    for name, value in figures.items():
        if isinstance(value, dict):
            yield f"{indent}{name}"
            yield from _table(value, indent + "  ")
        else:
            yield f"{indent + name:<{NAME_WIDTH}}{'-' if value is None else value:>10}"
