"""`make up` while another one starts, runs or stops in the same checkout."""

import os
import signal

import pytest

from helpdesk import places, up
from helpdesk.places import StartError
from tests.helpdesk.made_up import read_until, start


@pytest.mark.stack
@pytest.mark.parametrize("by", ["Ctrl-C", "a process that has died"])
def test_a_start_while_another_stops_waits_for_its_end(project, port, own_servers, by):
    (project / "Procfile").write_text("web: python web.py\nslow: python slow.py\n")
    with start(project, port) as first:
        if "slow is here" not in read_until(first, "Stop  "):
            read_until(first, "slow is here")
        os.mkfifo(project / "var/let-go")
        if by == "Ctrl-C":
            first.send_signal(signal.SIGINT)
        else:
            os.kill(int((project / "var/web").read_text()), signal.SIGKILL)
        # Opened as soon as the other one reads it: it is about to stop.
        with (project / "var/let-go").open("w"):
            second = start(project, port)
            waiting = read_until(second, "\n")
        first.communicate()
    with second:
        if "slow is here" not in read_until(second, "Helpdesk is ready"):
            read_until(second, "slow is here")
        second.terminate()
        (project / "var/let-go").open("w").close()
        second.communicate()
    assert waiting == f"{up.WAITING}\n"
    assert second.returncode == 0


@pytest.mark.stack
def test_who_waits_for_another_start_can_be_stopped(project, port):
    path = places.private(project / "var" / "run", None) / "up.lock"
    with places.lock(path), start(project, port) as waiting:
        assert read_until(waiting, "\n") == f"{up.WAITING}\n"
        waiting.terminate()
        assert waiting.communicate()[0].splitlines()[-1] == "Stopped."


class TestOneAtATime:
    @pytest.fixture
    def lock(self, project):
        return places.private(project / "var" / "run", None) / "up.lock"

    def test_one_that_does_not_end_is_waited_for_no_longer_than_it_may_take(
        self, project, port, lock, monkeypatch, capsys
    ):
        monkeypatch.setattr(up, "WAIT_SECONDS", 0)
        with (
            places.lock(lock),
            pytest.raises(StartError, match="did not end within 0 s"),
            up.only_one(project, port, up.Stop()),
        ):
            pass
        assert capsys.readouterr().out == f"{up.WAITING}\n"

    def test_one_that_is_up_meanwhile_is_named(self, project, port, lock, monkeypatch):
        """It was starting, not stopping."""

        def comes_up(_line):
            lock.write_text("http://127.0.0.1:8000/")

        monkeypatch.setattr(up, "say", comes_up)
        with (
            places.lock(lock),
            pytest.raises(StartError, match=r"already running here: http://127\.0\.0\.1:8000/$"),
            up.only_one(project, port, up.Stop()),
        ):
            pass

    def test_what_breaks_inside_is_not_taken_for_another_start(self, project, port):
        with (
            pytest.raises(places.InUseError, match="a server's folder"),
            up.only_one(project, port, up.Stop()),
        ):
            raise places.InUseError("a server's folder")
