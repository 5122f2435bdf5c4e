"""Every branch of the engine is taken by its own tests, without those that play at random or measure."""

import os
import subprocess
import sys

from tests.stack import ROOT

# Without the plugins, the servers and the fixtures of all other tests, which the engine's need not.
ALONE = ["-p", "no:django", "-p", "no:xdist", "-p", "no:cacheprovider", "--confcutdir=tests/engine"]
TESTS = ["-m", "pytest", "tests/engine", "-q", "-o", "addopts=", *ALONE]
WITHOUT = [
    "--ignore=tests/engine/test_coverage.py",
    "--ignore=tests/engine/test_costs.py",
    "--ignore=tests/engine/test_reading_costs.py",
    "--ignore=tests/engine/test_flows_at_random.py",
    "-k=not whatever_is_stored and not random_lines and not every_character",
]


def test_the_engines_tests_take_every_branch(tmp_path):
    env = {**os.environ, "COVERAGE_FILE": str(tmp_path / "coverage")}
    coverage = [sys.executable, "-m", "coverage"]
    run = [*coverage, "run", "--branch", "--source=apps/engine", *TESTS, *WITHOUT]
    played = subprocess.run(run, cwd=ROOT, env=env, capture_output=True, text=True)
    assert played.returncode == 0, played.stdout
    report = [*coverage, "report", "--show-missing", "--skip-covered", "--fail-under=100"]
    missed = subprocess.run(report, cwd=ROOT, env=env, capture_output=True, text=True)
    assert missed.returncode == 0, missed.stdout
