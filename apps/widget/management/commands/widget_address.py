"""`manage.py widget_address`: the script's address for pages that check what they load."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import reverse

from apps.widget import assets


class Command(BaseCommand):
    help = "Prints the script element with the address and hash of this release's loader."

    def handle(self, *args: Any, **options: Any) -> None:
        loader = assets.loader()
        address = settings.PUBLIC_URL + reverse("pinned-loader", args=[loader.digest])
        self.stdout.write(
            f'<script async src="{address}" integrity="{loader.integrity}" '
            'crossorigin="anonymous" data-key="KEY"></script>'
        )
