from __future__ import annotations

from pathlib import Path

import pytest
from workflow_helpers import clone, snakemake


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Path:
    """A clone in which the reduced demo has run to its end."""
    folder = clone(tmp_path_factory.mktemp("first"))
    snakemake(folder, "all")
    return folder
