"""What every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real genomes, annotations and labels; the test skips where there is none."""
    folder = os.environ.get("ORTHRUS_REAL_DATA")
    if not folder:
        pytest.skip("needs real data: set ORTHRUS_REAL_DATA to its folder")
    return Path(folder)
