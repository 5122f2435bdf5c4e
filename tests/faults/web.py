"""The web application with the tests' failpoints."""

from helpdesk.asgi import application

from tests.faults.failpoints import arm  # isort: skip  # Django must be set up first

arm()

__all__ = ["application"]
