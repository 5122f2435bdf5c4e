"""`manage.py demo`: the demo shop, for a first look."""

import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from apps.chat.models import Session
from apps.demo import data, fake_models
from apps.guard.outbound import OutboundError, split
from apps.handoff.models import Ticket
from apps.knowledge.models import Faq, UnansweredQuestion
from apps.sites.models import Site

EXAMPLE = "http://127.0.0.1:8900/v1"


class Command(BaseCommand):
    help = "Loads the demo shop and one operator into an empty database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--reset",
            action="store_true",
            help="delete the demo site with its chats, if it is there, and load it; users are kept",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="with --reset: only say what would be deleted"
        )
        parser.add_argument(
            "--credentials",
            type=Path,
            metavar="PATH",
            help="write the operator's name and password to this file instead of showing them",
        )

        parser.add_argument(
            "--fakellm",
            metavar="URL",
            default=os.environ.get("FAKELLM_URL", ""),
            help="add the models of the FakeLLM at this address",
        )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        _check_address(options["fakellm"])
        if options["dry_run"]:
            self.stdout.write(loss())
        elif data.is_empty():
            self._load(options["credentials"])
        elif not options["reset"]:
            self.stdout.write("The database is not empty: the demo shop was not loaded.")
        else:
            data.delete_demo()
            self._load(options["credentials"])
        if options["credentials"]:
            _forget_what_opens_nothing(options["credentials"])
        if options["fakellm"] and not options["dry_run"]:
            site = Site.objects.filter(key=data.KEY).first()
            fake_models.load_models(base_url=options["fakellm"], site=site)

    def _load(self, credentials: Path | None) -> None:
        if not User.objects.exists():
            self._hand_over(data.make_operator(), credentials)
        site = data.load_demo()
        self.stdout.write(f"The demo shop is loaded: {site.name}.")

    def _hand_over(self, password: str, credentials: Path | None) -> None:
        if credentials is None:
            self.stdout.write(f"Operator: {data.OPERATOR}, password: {password}")
            return
        try:
            _write_secret(credentials, json.dumps({"user": data.OPERATOR, "password": password}))
        except OSError as error:
            raise CommandError(f"{credentials} cannot be written: {error.strerror}.") from error


def _check_address(url: str) -> None:
    """Of a server, "" for none. Raises CommandError."""
    try:
        if url:
            split(url)
    except OutboundError as error:
        raise CommandError(f"{url} is no address of a server, such as {EXAMPLE}.") from error


def loss() -> str:
    """What a reset would delete for good, in a sentence."""
    site = Site.objects.filter(key=data.KEY).first()
    if site is None:
        return "There is no demo site in this database: nothing is deleted, and it is loaded."
    entries = Faq.objects.of(site.pk)
    counts = [
        (Session.objects.filter(site=site), "sessions with all that was said"),
        (Ticket.objects.filter(session__site=site), "tickets"),
        (UnansweredQuestion.objects.filter(site=site), "unanswered questions"),
        (entries, "FAQ entries"),
    ]
    told = ", ".join(f"{rows.count()} {name}" for rows, name in counts)
    own = entries.exclude(version=0).count()
    return f"This deletes from “{site.name}”: {told} ({own} of them written or changed by staff)."


def _forget_what_opens_nothing(path: Path) -> None:
    """A first password that was changed is shown and kept no longer."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        user = User.objects.filter(username=kept["user"]).first()
        if user is None or not user.check_password(kept["password"]):
            path.unlink()
    except (OSError, ValueError, KeyError, TypeError):
        return


def _write_secret(path: Path, text: str) -> None:
    """Nobody else may read the file, at any moment; an old file under this name is replaced."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
