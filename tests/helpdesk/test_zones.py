"""The zone that times are shown in, unless somebody says another."""

import pytest

from helpdesk import up, zones
from helpdesk.embedded import Addresses


@pytest.fixture
def localtime(tmp_path):
    def link(target):
        path = tmp_path / "localtime"
        path.symlink_to(target)
        return path

    return link


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/usr/share/zoneinfo/Asia/Shanghai", "Asia/Shanghai"),
        ("../usr/share/zoneinfo/America/Argentina/Ushuaia", "America/Argentina/Ushuaia"),
        ("/usr/share/zoneinfo/Etc/UTC", "UTC"),
        ("/usr/share/zoneinfo/Nowhere/Land", "UTC"),
        ("/somewhere/else", "UTC"),
    ],
)
def test_the_machines_zone_is_what_its_clock_links_to(localtime, target, expected):
    assert zones.of_machine({}, localtime(target)) == expected


def test_without_a_link_it_is_utc(tmp_path):
    assert zones.of_machine({}, tmp_path / "missing") == "UTC"
    (tmp_path / "localtime").write_bytes(b"TZif2")
    assert zones.of_machine({}, tmp_path / "localtime") == "UTC"


@pytest.mark.parametrize(
    ("tz", "expected"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (":Europe/Berlin", "Europe/Berlin"),
        ("CET-1CEST", "Asia/Shanghai"),
        ("../../etc/passwd", "Asia/Shanghai"),
        ("/etc/localtime", "Asia/Shanghai"),
        ("Europe", "Asia/Shanghai"),
        ("", "Asia/Shanghai"),
    ],
)
def test_tz_goes_before_it_if_it_names_a_zone(localtime, tz, expected):
    path = localtime("/usr/share/zoneinfo/Asia/Shanghai")
    assert zones.of_machine({"TZ": tz}, path) == expected


def test_what_somebody_set_is_kept(tmp_path, monkeypatch):
    found = Addresses("postgresql://x@/x", "unix:///x")
    monkeypatch.setenv("TZ", "Europe/Berlin")
    assert zone(tmp_path, found) == "Europe/Berlin"
    monkeypatch.setenv("HELPDESK_TIME_ZONE", "Asia/Tokyo")
    assert zone(tmp_path, found) == "Asia/Tokyo"
    monkeypatch.delenv("HELPDESK_TIME_ZONE")
    monkeypatch.setenv("HELPDESK_TIME_ZONE_FILE", "/run/zone")
    assert zone(tmp_path, found) is None


def zone(folder, found):
    return up.child_environment(folder, found, 8000).get("HELPDESK_TIME_ZONE")
