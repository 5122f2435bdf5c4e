"""How a visitor's token is followed by the next, and what becomes of those in use."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.chat import services
from apps.chat.codes import Code
from apps.chat.models import Session, VisitorToken
from apps.chat.services import TokenExpiredError, TokenUnknownError

pytestmark = pytest.mark.django_db

LONG = timedelta(days=2)


@pytest.fixture
def ann(site):
    return services.start_session(site=site, locale="en")


@pytest.fixture
def ben(site):
    return services.start_session(site=site, locale="en")


def row(token):
    return VisitorToken.objects.filter(digest=services.digest(token))


def successor(token):
    """What a visitor is given on entering with an old token."""
    fresh = services.enter(token=token).token
    assert fresh
    return fresh


def age(token, by=LONG):
    row(token).update(created_at=timezone.now() - by)


def test_an_old_token_has_one_successor_however_often_it_is_shown(ann):
    age(ann.token)
    shown = {services.enter(token=ann.token).token for _ in range(3)}
    assert len(shown) == 1
    assert VisitorToken.objects.count() == 2


def test_nobody_can_tell_a_successor_without_the_servers_key(ann, ben, settings):
    for started in (ann, ben):
        age(started.token)
    ours = successor(ann.token)
    assert len(ours) == len(ann.token)
    assert ours != successor(ben.token)
    settings.SECRET_KEY = "another"
    assert services.enter(token=ann.token).token != ours


def test_within_the_overlap_the_successor_comes_with_its_whole_life(ann):
    """Another tab still shows the old one: what it is given must not end with the overlap."""
    age(ann.token)
    ends = row(ann.token).get().expires_at
    fresh = successor(ann.token)
    services.enter(token=fresh)
    assert services.enter(token=ann.token).token == fresh
    assert row(fresh).get().expires_at == ends


def test_the_first_use_of_the_latest_retires_all_that_came_before(ann, settings):
    """As for a socket that lives for days and is given one after the other."""
    tokens = [ann.token]
    for days in (3, 2):
        age(tokens[-1], timedelta(days=days))
        tokens.append(services.inspect(tokens=tokens[-1:]).successors[tokens[-1]])
    services.enter(token=tokens[-1])
    soon = timezone.now() + timedelta(seconds=settings.CHAT.token_overlap_s)
    assert [row(token).get().expires_at <= soon for token in tokens] == [True, True, False]


def test_nothing_is_said_of_tokens_that_are_young_and_live(ann, ben):
    found = services.inspect(tokens=[ann.token, ben.token])
    assert (found.ended, found.successors) == ({}, {})


def test_each_token_that_has_ended_is_told_why(ann, ben, site):
    row(ann.token).update(expires_at=timezone.now() - timedelta(seconds=1))
    services.log_out(token=ben.token)
    found = services.inspect(tokens=[ann.token, ben.token])
    assert found.ended == {ann.token: Code.TOKEN_EXPIRED, ben.token: Code.TOKEN_UNKNOWN}
    site.is_active = False
    site.save()
    assert services.inspect(tokens=[ann.token]).ended == {ann.token: Code.TOKEN_UNKNOWN}


def test_old_tokens_in_use_get_the_successor_that_a_hello_would_give(ann, ben):
    age(ann.token)
    found = services.inspect(tokens=[ann.token, ben.token])
    assert found.ended == {}
    assert found.successors == {ann.token: services.enter(token=ann.token).token}


def test_a_crowd_that_grew_old_together_is_served_over_several_rounds(ann, ben, monkeypatch):
    monkeypatch.setattr(services, "SUCCESSORS_AT_ONCE", 1)
    age(ann.token)
    age(ben.token)
    found = services.inspect(tokens=[ann.token, ben.token])
    assert (len(found.successors), found.ended) == (1, {})


def test_young_tokens_cost_one_query_together(ann, ben, django_assert_num_queries):
    with django_assert_num_queries(1):
        services.inspect(tokens=[ann.token, ben.token])


@pytest.mark.parametrize(
    "end", [lambda s: s.update(closed_at=timezone.now()), lambda s: s.delete()]
)
def test_a_single_request_opens_no_session(ann, end):
    end(Session.objects.filter(pk=ann.session.pk))
    with pytest.raises(TokenUnknownError):
        services.recognise(token=ann.token)
    assert not Session.objects.current().exists()


def test_a_token_that_ended_while_it_was_inspected_is_told_in_the_next_round(ann, monkeypatch):
    age(ann.token)

    def end_first(_token):
        raise TokenExpiredError

    monkeypatch.setattr(services, "_renew", end_first)
    found = services.inspect(tokens=[ann.token])
    assert (found.ended, found.successors) == ({}, {})
