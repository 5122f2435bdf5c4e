"""FAKELLM=1: where the fake model runs, and values that cannot be."""

import pytest

from helpdesk import fakellm
from helpdesk.places import StartError


@pytest.mark.parametrize("given", [{}, {"FAKELLM": ""}, {"FAKELLM": "0"}])
def test_no_fake_model_runs_unless_asked(given):
    assert fakellm.address(given, 8000) is None
    assert fakellm.processes(None) == {}


@pytest.mark.parametrize(
    ("given", "web", "port"),
    [({}, 8000, 8900), ({"FAKELLM_PORT": "9123"}, 8000, 9123), ({}, 65_000, 64_100)],
)
def test_the_fake_model_has_a_port_of_its_own(given, web, port):
    assert fakellm.address({"FAKELLM": "1", **given}, web) == f"http://127.0.0.1:{port}/v1"


@pytest.mark.parametrize(
    ("own", "allowed"),
    [
        ({}, "127.0.0.1/32"),
        ({fakellm.ALLOWED: "10.0.0.0/8"}, "10.0.0.0/8,127.0.0.1/32"),
        ({f"{fakellm.ALLOWED}_FILE": "/run/networks"}, None),
    ],
)
def test_models_may_be_where_the_fake_one_is(own, allowed):
    given = fakellm.variables("http://127.0.0.1:8900/v1", own)
    assert (given["FAKELLM_URL"], given.get(fakellm.ALLOWED)) == (
        "http://127.0.0.1:8900/v1",
        allowed,
    )
    assert fakellm.variables(None, own) == {}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"FAKELLM": "yes"}, "FAKELLM must be 0 or 1, not 'yes'"),
        ({"FAKELLM": "1", "FAKELLM_PORT": "web"}, "FAKELLM_PORT must be a number .*'web'"),
        ({"FAKELLM": "1", "FAKELLM_PORT": "8000"}, "which is PORT"),
    ],
)
def test_a_fake_model_that_cannot_be_is_named(given, said):
    with pytest.raises(StartError, match=said):
        fakellm.address(given, 8000)
