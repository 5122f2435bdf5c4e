"""Run in the database of a running Helpdesk: fills it and prints the paths of the admin."""

import json
import sys

from django.contrib.auth.models import User
from django.test import Client

from apps.chat.models import Session, Visitor
from apps.sites.models import Site
from tests.helpdesk import admin_pages

NAME, PASSWORD = "olga", "a password for tests"


def main() -> None:
    boss = User.objects.create_superuser(NAME, "olga@shop.example", PASSWORD)
    site = Site.objects.create(key="own", name="店", allowed_pages=["https://shop.example"])
    visitor = Visitor.objects.create(site=site, locale="zh-Hans")
    session = Session.objects.create(site=site, visitor=visitor, language="zh-Hans")
    admin_pages.fill(site, session, boss)
    client = Client(headers={"host": "localhost"})
    client.force_login(boss)
    sys.stdout.write(json.dumps(list(admin_pages.reachable(client, boss))))


if __name__ == "__main__":
    main()
