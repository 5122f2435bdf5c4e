"""`manage.py evaluate faq DIR`: how well the search answers a labelled FAQ set."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.knowledge import evaluation, labelled
from apps.knowledge.lexical import LexicalIndex

PROGRESS_EVERY = 500


class Command(BaseCommand):
    """Measures on a throw-away index; reads and writes no database."""

    help = "Measure the search on labelled data, without touching the database."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        subjects = parser.add_subparsers(dest="subject", required=True, metavar="SUBJECT")
        faq = subjects.add_parser("faq", help="FAQ answering, from entries and queries.")
        faq.add_argument("folder", metavar="DIR", help="holds entries.jsonl and queries.jsonl")
        faq.add_argument("--shots", type=int, metavar="N", help="only the first N seeds")
        faq.add_argument("--track", metavar="NAME", help="only the queries of this track")
        faq.add_argument("--entries", type=int, metavar="N", help="small shops of N entries each")
        faq.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        measure = {"faq": self._faq}[options["subject"]]
        measure(options)

    def _faq(self, options: dict[str, Any]) -> None:
        size = options["entries"]
        try:
            data = labelled.read(Path(options["folder"]), options["shots"], options["track"])
            shops = [data] if size is None else list(labelled.small_shops(data, size))
        except labelled.BadSetError as error:
            raise CommandError(str(error)) from error
        self._say(f"Indexing {size or len(data.documents)} entries")
        total = sum(len(shop.questions) for shop in shops)
        outcomes = list(self._counted(chain.from_iterable(map(_ask, shops)), total))
        report = evaluation.report(len(shops[0].documents), outcomes)
        if options["json"]:
            self.stdout.write(json.dumps(report, allow_nan=False))
        else:
            self.stdout.write("\n".join(_table(dict(report))))

    def _counted(
        self, outcomes: Iterator[evaluation.Outcome], total: int
    ) -> Iterator[evaluation.Outcome]:
        """The outcomes, with progress on stderr."""
        for done, outcome in enumerate(outcomes, 1):
            if done % PROGRESS_EVERY == 0 or done == total:
                self._say(f"Asked {done} of {total} queries")
            yield outcome

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
            yield f"{indent + name:<24}{'-' if value is None else value:>10}"
