"""A made-up project behind `make up`: what is tried is the start and the stop."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from helpdesk import places
from tests.stack import ROOT

STARTER = "import sys; from pathlib import Path; from helpdesk import up; "
STARTER += "up.ROOT = Path(sys.argv[1]); sys.exit(up.main(sys.argv[2:]))"
PREPARE = """
import json, os, sys
if os.environ.get("BREAK"):
    sys.exit("SomeError: it broke")
with open(sys.argv[sys.argv.index("--credentials") + 1], "w") as file:
    json.dump({"user": "ann", "password": "open sesame"}, file)
print("This deletes 3 chats." if "--dry-run" in sys.argv else "the demo was loaded", sys.argv[3:])
"""
WEB = """
import http.server, os, pathlib, signal, sys
pathlib.Path("var/web").write_text(str(os.getpid()))
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Page).serve_forever()
"""
# Its child is in a session of its own, and neither heeds SIGTERM alone: the child is orphaned.
WILD = """
import pathlib, subprocess, time
child = subprocess.Popen(["sleep", "600"], start_new_session=True)
pathlib.Path("var/wild-child").write_text(str(child.pid))
time.sleep(600)
"""
# It takes as long to end as it likes.
SLOW = """
import pathlib, signal, sys
def end(*_):
    pathlib.Path("var/let-go").read_text()
    sys.exit()
signal.signal(signal.SIGTERM, end)
print("slow is here", flush=True)
while True:
    signal.pause()
"""


@contextlib.contextmanager
def making_project(folder: Path) -> Iterator[Path]:
    (folder / "helpdesk").mkdir(parents=True)
    (folder / "helpdesk/prepare.py").write_text(PREPARE)
    (folder / "web.py").write_text(WEB)
    (folder / "wild.py").write_text(WILD)
    (folder / "slow.py").write_text(SLOW)
    (folder / "Procfile").write_text("web: python web.py\nwild: python wild.py\n")
    yield folder
    if os.geteuid() == 0:
        shutil.rmtree(places.home(folder), ignore_errors=True)


def start(
    folder: Path,
    port: int,
    *arguments: str,
    stdin: int = subprocess.DEVNULL,
    **environment: str,
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", STARTER, str(folder), *arguments],
        cwd=ROOT,
        env={**os.environ, "PORT": str(port), **environment},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def read_until(running: subprocess.Popen[str], word: str) -> str:
    seen = ""
    for line in running.stdout or ():
        seen += line
        if word in line:
            return seen
    raise AssertionError(f"{word!r} never came:\n{seen}")
