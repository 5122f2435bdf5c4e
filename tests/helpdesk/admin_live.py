"""Run in the database of a running Helpdesk: fills it and prints the paths of the admin."""

import json
import sys

from django.contrib.auth.models import User

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
    sys.stdout.write(json.dumps(admin_pages.paths(boss)))


if __name__ == "__main__":
    main()
