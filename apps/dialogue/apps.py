from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.dialogue.actions import registry


class DialogueConfig(AppConfig):
    name = "apps.dialogue"
    verbose_name = _("Dialogue")

    def ready(self) -> None:
        # What cannot be imported is told by a check.
        registry.load(settings.ACTIONS)
