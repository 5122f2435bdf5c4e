"""Staff pages that ask too much of the database: cut short, told clearly, and never at the cost of
visitors."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from urllib.parse import urlencode

import psycopg
import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils.module_loading import import_string
from psycopg_pool import PoolTimeout

from helpdesk import busy, env, urls
from helpdesk.filters import shortened
from tests.stack import Stack, Web
from tests.staff import olga, page, signed_in, texts
from tests.widget.visitor import call

LONG = "a+b " * 3000
LISTS = [
    "knowledge_faq_changelist",
    "knowledge_unansweredquestion_changelist",
    "knowledge_category_changelist",
    "knowledge_faqimport_changelist",
    "handoff_ticket_changelist",
    "chat_session_changelist",
    "sites_site_changelist",
    "auth_user_changelist",
]
LOCKED = "LOCK TABLE handoff_ticket IN ACCESS EXCLUSIVE MODE"
WAITING = (
    "SELECT count(*) FROM pg_locks JOIN pg_database found ON found.oid = database"
    " WHERE NOT granted AND datname = current_database()"
)


class TestTerms:
    @pytest.mark.parametrize(
        ("asked", "kept"),
        [
            ("", ""),
            ("where is my order", "where is my order"),
            ("  two   blanks ", "  two   blanks "),
            ("a b c d e f g h", "a b c d e f g h"),
            ("a b c d e f g h i", "a b c d e f g h"),
            ("x" * 101, "x" * 100),
            ("字 " * 60, "字 字 字 字 字 字 字 字"),
        ],
    )
    def test_so_much_is_searched_for(self, asked, kept):
        assert shortened(asked) == kept

    @pytest.mark.django_db
    @pytest.mark.parametrize("name", LISTS)
    def test_a_long_search_costs_no_list_more_than_a_short_one(self, name):
        with CaptureQueriesContext(connection) as asked:
            answer = signed_in(olga()).get(page(name), {"q": LONG})
        assert answer.status_code == 200
        assert max(len(query["sql"]) for query in asked) < 20_000
        assert answer.context["cl"].query == " ".join(LONG.split()[:8])

    @pytest.mark.django_db
    def test_nor_does_a_field_that_completes_what_is_typed(self):
        sought = {"app_label": "knowledge", "model_name": "faq", "field_name": "translation_of"}
        with CaptureQueriesContext(connection) as asked:
            answer = signed_in(olga()).get(page("autocomplete"), {**sought, "term": LONG})
        assert answer.status_code == 200
        assert max(len(query["sql"]) for query in asked) < 20_000

    @pytest.mark.django_db
    @pytest.mark.parametrize(
        ("language", "said"),
        [
            ("en", "At most 100 characters and 8 words are searched for. The rest was left out."),
            ("zh-hans", "最多按 100 个字符、8 个词搜索，其余部分已忽略。"),
        ],
    )
    def test_what_was_left_out_is_told(self, language, said):
        client = signed_in(olga(), language)
        answer = client.get(page("handoff_ticket_changelist"), {"q": LONG})
        assert said in " ".join(texts(answer.content.decode()))
        answer = client.get(page("handoff_ticket_changelist"), {"q": "short"})
        assert said not in " ".join(texts(answer.content.decode()))


def fault(cause: Exception) -> OperationalError:
    error = OperationalError("from below")
    error.__cause__ = cause
    return error


class TestPage:
    @pytest.mark.django_db
    @pytest.mark.parametrize(
        ("language", "said"),
        [("en", "This took too long and was stopped."), ("zh-hans", "耗时过长，已停止。")],
    )
    def test_what_took_too_long_is_told(self, monkeypatch, language, said):
        client = signed_in(olga(), language)

        def slow(*_arguments: object, **_options: object) -> None:
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = 10")
                cursor.execute("SELECT pg_sleep(5)")

        monkeypatch.setattr("apps.handoff.admin.tickets.TicketAdmin.get_queryset", slow)
        answer = client.get(page("handoff_ticket_changelist"))
        assert answer.status_code == 503
        assert f"<h1>{said}</h1>" in answer.content.decode()
        assert "Retry-After" not in answer

    def test_no_connection_is_told_with_when_to_try_again(self, client, monkeypatch):
        def crowded(*_arguments: object) -> None:
            raise fault(PoolTimeout("no connection"))

        monkeypatch.setattr("apps.widget.views.embed.active_site", crowded)
        answer = client.get("/w/1/frame/?key=demo")
        assert answer.status_code == 503
        assert answer["Retry-After"] == "5"
        assert "busy" in answer.content.decode()

    def test_no_connection_behind_the_view_is_told_as_well(self, rf):
        """Sessions are stored there."""
        for error, status in ((fault(PoolTimeout("no connection")), 503), (ValueError(), 500)):
            try:
                raise error
            except (OperationalError, ValueError):
                assert busy.server_error(rf.get("/")).status_code == status
        assert import_string(urls.handler500) is busy.server_error

    def test_any_other_fault_stays_one(self, rf):
        overload = busy.Overload(lambda _request: HttpResponse())
        assert overload.process_exception(rf.get("/"), fault(ValueError())) is None
        assert overload.process_exception(rf.get("/"), ValueError()) is None


class TestTurns:
    def test_who_finds_no_place_is_told_to_come_back(self, monkeypatch):
        monkeypatch.setattr(busy, "PATIENCE_S", 0)
        places = BoundedSemaphore(1)
        inside: list[int] = []

        @busy.in_turn(places)
        def view(request: object) -> HttpResponse:
            inside.append(view(request).status_code)
            return HttpResponse()

        assert view(RequestFactory().get("/")).status_code == 200
        assert inside == [503]
        assert view(RequestFactory().get("/")).status_code == 200

    def test_a_fault_gives_the_place_back(self, rf):
        places = BoundedSemaphore(1)

        @busy.in_turn(places)
        def view(_request: object) -> HttpResponse:
            raise LookupError

        for _ in range(2):
            with pytest.raises(LookupError):
                view(rf.get("/"))
        assert places.acquire(blocking=False)

    def test_staff_leave_some_connections_to_others(self, settings):
        assert settings.POOL["pool"]["max_size"] > busy.STAFF_AT_ONCE + busy.SIGN_INS_AT_ONCE


class TestTimeout:
    def test_only_processes_with_a_pool_have_one(self, settings):
        assert "statement_timeout" in settings.POOL["options"]
        assert "statement_timeout" not in str(settings.DATABASES["default"]["OPTIONS"])

    def test_what_the_address_asks_for_goes_last(self):
        url = "postgresql://u@h/d?options=-c%20statement_timeout%3D9s"
        found = env.database("X", url, options="-c statement_timeout=5s")["OPTIONS"]
        assert found == {"options": "-c statement_timeout=5s -c statement_timeout=9s"}


def opened(web: Web, keeper: str, **query: str) -> tuple[int, str]:
    """Status and text of the list of tickets."""
    path = f"{web.base_url}/admin/handoff/ticket/?{urlencode(query)}"
    request = urllib.request.Request(path, headers={"Cookie": f"sessionid={keeper}"})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture
def held(servers: Stack) -> Iterator[psycopg.Connection]:
    """Somebody holds the table of tickets."""
    with psycopg.connect(servers.database_url) as connection:
        connection.execute(LOCKED)
        yield connection
        connection.rollback()


@pytest.mark.stack
def test_staff_pages_that_hang_hold_up_no_visitor(servers, keeper, held):
    with servers.web() as web, ThreadPoolExecutor(16) as staff:
        pages = [staff.submit(opened, web, keeper) for _ in range(16)]
        while servers.query(WAITING)[0][0] < busy.STAFF_AT_ONCE:
            assert not all(one.done() for one in pages)
        for _ in range(3):
            body = {"site": "demo", "locale": "en"}
            assert call(f"{web.base_url}/api/v1/chat/sessions", body)[0] == 200
            with urllib.request.urlopen(f"{web.base_url}/w/1/frame/?key=demo") as frame:
                assert frame.status == 200
        held.rollback()
        assert {one.result()[0] for one in pages} <= {200, 503}
        assert opened(web, keeper)[0] == 200


@pytest.mark.stack
def test_a_staff_page_that_takes_too_long_is_stopped(servers, keeper, held):
    url = f"{servers.database_url}{'&' if '?' in servers.database_url else '?'}"
    url += urlencode({"options": "-c statement_timeout=200ms"})
    with servers.web(DATABASE_URL=url) as web:
        status, said = opened(web, keeper)
        assert (status, "This took too long" in said) == (503, True)
        assert "Traceback" not in "\n".join(web.child.lines)
        held.rollback()
        assert opened(web, keeper)[0] == 200
