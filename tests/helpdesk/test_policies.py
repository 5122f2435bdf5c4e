"""What every answer tells browsers."""

import pytest

from helpdesk.policies import ADMIN, CSP, PLAIN
from tests.staff import olga, page, signed_in

pytestmark = pytest.mark.django_db


def directives(policy: str) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in policy.split(";"))
    return {name: value for name, _space, value in parts}


def test_the_admin_runs_no_inline_script():
    assert directives(ADMIN) == {
        "default-src": "'self'",
        "script-src": "'self' 'unsafe-eval'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "frame-src": "'self'",
        "frame-ancestors": "'none'",
        "form-action": "'self'",
        "base-uri": "'none'",
    }


def test_every_page_of_the_admin_has_its_policy(client):
    staff = signed_in(olga())
    for path in (page("index"), page("auth_user_changelist"), "/admin/nothing/here/"):
        assert staff.get(path, follow=True)[CSP] == ADMIN, path
    assert client.get(page("login"))[CSP] == ADMIN


@pytest.mark.parametrize("path", ["/", "/admin/login/", "/healthz", "/nowhere/"])
def test_headers_of_every_answer(client, path):
    answer = client.get(path)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]


def test_other_pages_get_a_plain_policy_and_data_gets_none(client):
    assert client.get("/")[CSP] == PLAIN
    assert client.get("/nowhere/")[CSP] == PLAIN
    assert CSP not in client.get("/healthz")


def test_a_view_that_says_its_own_keeps_it(client, site):
    answer = client.get("/w/1/frame/", {"key": site.key})
    found = directives(answer[CSP])
    assert found["frame-ancestors"] == "http://localhost:8000"
    assert found["default-src"] == "'none'"
    assert answer["Referrer-Policy"] == "no-referrer"


async def test_an_async_view_is_told_as_well(async_client):
    answer = await async_client.get("/api/v1/chat/messages")
    assert "camera=()" in answer["Permissions-Policy"]
