"""`python -m tests.fakellm --port N`: serves until Ctrl-C, on 127.0.0.1 alone."""

import argparse
import ctypes
import signal
import socket
import sys

import uvicorn

from helpdesk.daemons import PR_SET_PDEATHSIG
from tests.fakellm.app import App
from tests.fakellm.names import READY

BACKLOG = 4096


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fakellm", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--with-parent", action="store_true", help="end when the parent is killed")
    options = parser.parse_args()
    if options.with_parent and sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM))
    listener = socket.create_server(("127.0.0.1", options.port), backlog=BACKLOG)
    config = uvicorn.Config(
        App(),
        lifespan="off",
        loop="uvloop",
        http="httptools",
        ws="none",
        # Answers that are cut on purpose are errors to uvicorn.
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=1,
    )
    print(f"{READY}{listener.getsockname()[1]}/v1", flush=True)  # noqa: T201 - for who waits
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
