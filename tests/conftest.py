"""What every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from workflow_helpers import clone, snakemake

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Of all tests: no property fails because the machine is busy."""
settings.load_profile("untimed")
CASES = int(os.environ.get("ORTHRUS_FUZZ_CASES", "500"))
settings.register_profile("fuzz", max_examples=CASES, deadline=None, database=None)
"""Of `make fuzz`: many cases for every property of `tests/fuzz`."""


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real genomes, annotations and labels; the test skips where there is none."""
    folder = os.environ.get("ORTHRUS_REAL_DATA")
    if not folder:
        pytest.skip("needs real data: set ORTHRUS_REAL_DATA to its folder")
    return Path(folder)


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Path:
    """A clone in which the reduced demo has run to its end.

    Tests that use it share one worker: `pytest.mark.xdist_group("workflow")`.
    """
    folder = clone(tmp_path_factory.mktemp("first"))
    snakemake(folder, "all")
    return folder
