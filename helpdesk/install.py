"""`make install`: pip with a line that moves. Runs as a file, before anything is installed."""

import subprocess
import sys
from pathlib import Path

FLAGS = ("--disable-pip-version-check", "--no-input", "--progress-bar", "off")
LINES_SHOWN = 15
ROW = 20


def main(arguments: list[str]) -> int:
    """Installs the requirement file named first; pip's own words go to the log named second.

    Returns pip's exit code; what it said last is shown if it failed.
    """
    requirements, log = Path(arguments[0]), Path(arguments[1])
    total = sum(1 for line in requirements.read_text().splitlines() if line[:1].isalnum())
    command = [sys.executable, "-m", "pip", "install", *FLAGS, "--require-hashes", "-r"]
    with (
        log.open("w", encoding="utf-8") as copy,
        subprocess.Popen(  # noqa: S603 - pip of this environment
            [*command, str(requirements)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as pip,
    ):
        done = 0
        for line in pip.stdout or ():
            copy.write(line)
            total -= line.startswith("Ignoring ")
            if name := package(line):
                done = min(done + 1, total)
                _show(f"{requirements.name}: {done} of {total}  {name}", always=done % ROW == 1)
            elif line.startswith("Installing collected"):
                _show(f"{requirements.name}: unpacking {done} packages", always=True)
    _say("\n" if sys.stdout.isatty() else "")
    if pip.returncode:
        _say("".join(log.read_text(encoding="utf-8").splitlines(keepends=True)[-LINES_SHOWN:]))
        _say(f"pip could not install {requirements.name}; all it said is in {log}.\n")
    return pip.returncode


def package(line: str) -> str | None:
    """The package that a line of pip's has come to."""
    words = line.split()
    if line.startswith("Processing "):
        return Path(words[1]).name.partition("-")[0]
    at = {"Collecting": 1, "Requirement": 3}.get(words[0] if words else "")
    return words[at].partition("==")[0] if at and not line.startswith(" ") else None


def _show(text: str, *, always: bool) -> None:
    """One line that is overwritten on a terminal; elsewhere only those marked `always`."""
    if sys.stdout.isatty():
        _say(f"\r\033[K{text[:78]}")
    elif always:
        _say(f"{text}\n")


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
