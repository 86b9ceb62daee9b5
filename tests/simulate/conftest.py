from __future__ import annotations

from pathlib import Path

import pytest

from orthrus.config.simulate import SimulateSettings
from orthrus.simulate.mirror import write_mirror


@pytest.fixture(scope="session")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small mirror tree."""
    folder = tmp_path_factory.mktemp("simulate") / "mirror"
    write_mirror(folder, SimulateSettings(seed=7, genes=150))
    return folder
