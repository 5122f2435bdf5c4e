from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core.checks import CheckMessage, Tags
from django.core.checks import register as register_check
from django.utils.module_loading import autodiscover_modules

from helpdesk import checks
from helpdesk.celery import app as celery_app

# Imported wherever Django is set up, so that the apps' tasks belong to it.
__all__ = ["HelpdeskAdminConfig", "HelpdeskConfig", "celery_app", "discover"]


class HelpdeskConfig(AppConfig):
    name = "helpdesk"

    def ready(self) -> None:
        checks.register()


class HelpdeskAdminConfig(SimpleAdminConfig):
    """The admin site; what it lists is looked for by those who ask it, with `discover`."""

    default_site = "helpdesk.admin.HelpdeskAdminSite"

    def ready(self) -> None:
        register_check(check_dependencies, Tags.admin)
        register_check(lists_are_sound, Tags.admin)


def discover() -> None:
    """Makes every app's lists known to the admin site; a second time does nothing.

    Not at every start, as Django does it: most of our processes show no page, and the modules of
    the admin take most of the time that a start takes.
    """
    autodiscover_modules("admin", register_to=admin.site)
    # After django.contrib.auth has registered its own: people.py replaces them.
    autodiscover_modules("people")


def lists_are_sound(
    app_configs: Sequence[AppConfig] | None, **options: Any
) -> Sequence[CheckMessage]:
    discover()
    return check_admin_app(app_configs, **options)
