"""What a build's entry of `external_models:` makes of its rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sources_helpers import small_build

from orthrus.errors import OrthrusError
from orthrus.workflow import BuildPlan


def plan(folder: Path, external: Any) -> BuildPlan:
    tasks = {"mine": {"store": "ce11.ncbirefseq"}, "biotype": {"store": "ce11.ncbirefseq"}}
    return BuildPlan(
        {"build": str(small_build(folder)), "tasks": tasks, "external_models": {"evo": external}}
    )


def test_embeddings_of_an_external_model_are_named_or_found(tmp_path: Path) -> None:
    (tmp_path / "evo").mkdir()
    (tmp_path / "evo/mine_evo2.npz").touch()
    named = tmp_path / "evo/mine_evo2.npz"
    assert plan(tmp_path, {"mine": str(named)}).external_file("evo", "mine") == named
    made = plan(tmp_path, str(tmp_path / "evo"))
    assert made.external_file("evo", "mine") == named
    made.check()


def test_an_external_model_without_folder_or_file(tmp_path: Path) -> None:
    with pytest.raises(OrthrusError, match=r"external_models.evo: .*/none is no folder"):
        plan(tmp_path, str(tmp_path / "none")).check()
    with pytest.raises(OrthrusError, match=r"external_models.evo.mine: a\.npy does not exist"):
        plan(tmp_path, {"mine": "a.npy"}).check()
