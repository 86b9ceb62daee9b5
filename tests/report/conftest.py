from __future__ import annotations

from pathlib import Path

import pytest
from report_helpers import (
    write_data,
    write_evaluation,
    write_finetuned,
    write_models,
    write_structure,
    write_task_leakage,
)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a whole build."""
    folder = tmp_path_factory.mktemp("results")
    write_data(folder)
    write_models(folder)
    write_evaluation(folder)
    write_finetuned(folder)
    write_structure(folder)
    write_task_leakage(folder)
    return folder
