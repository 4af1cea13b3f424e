"""Runs the tests of a unit test program. They are parameterised over backends; one of a server joins where
the environment names the server."""

import os
import subprocess

from conftest import ROOT


def unit_tests(program, pattern, environment):
    """Those whose names match; none is a failure."""
    command = [ROOT / "build" / "src" / program, f"--gtest_filter={pattern}"]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False,
                          env={**os.environ, **environment})
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "[  PASSED  ] 0 tests" not in done.stdout
