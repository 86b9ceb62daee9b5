from __future__ import annotations

from pathlib import Path

import pytest
from report_helpers import write_data, write_evaluation, write_models


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a whole build."""
    folder = tmp_path_factory.mktemp("results")
    write_data(folder)
    write_models(folder)
    write_evaluation(folder)
    return folder
