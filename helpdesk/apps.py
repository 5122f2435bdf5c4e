from django.apps import AppConfig

from helpdesk import checks


class HelpdeskConfig(AppConfig):
    name = "helpdesk"

    def ready(self) -> None:
        checks.register()
