from __future__ import annotations

import sys

from workflow_helpers import ROOT, run


def test_a_run_of_few_cases_fails() -> None:
    words = ("-n", "0", "-k", "checksums or sound", "--hypothesis-profile=fuzz")
    place = "tests/fuzz/test_sources.py"
    told = run(ROOT, sys.executable, "-m", "pytest", *words, place, expect=1)
    assert "passed" in told
    assert "failed" not in told
    assert "in all, fewer than 10,000: this run fails" in told
