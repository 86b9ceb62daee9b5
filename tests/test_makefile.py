"""The Makefile's targets say what they would do; what `make demo` prints: tests/test_readme.py."""

from __future__ import annotations

import pytest
from readme_helpers import MADE
from workflow_helpers import ROOT, clone, run


@pytest.fixture
def fresh(tmp_path):
    """A clone in which nothing has been set up."""
    folder = clone(tmp_path / "clone")
    for name in MADE:
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.mark.parametrize(
    ("target", "command"),
    [
        ("demo", "snakemake --cores 2 all"),
        ("test", "python -m pytest -n 2"),
        ("fuzz", "--hypothesis-profile=fuzz"),
        ("lint", "snakemake --lint"),
        ("bench", "--check"),
    ],
)
def test_a_target_sets_everything_up_first(fresh, target, command):
    told = run(fresh, "make", "-n", target)
    steps = ["-m venv .venv", "torch==", "-e '.[dev]'", "command -v bedtools", command]
    places = [told.index(step) for step in steps]
    assert places == sorted(places)
    assert not (fresh / ".venv").exists()


def test_the_number_of_cores_can_be_chosen(fresh):
    assert "snakemake --cores 7 all" in run(fresh, "make", "-n", "demo", "CORES=7")


def test_a_second_setup_installs_nothing(fresh):
    (fresh / ".venv").mkdir()
    (fresh / ".venv/.ready").touch()
    assert "pip install" not in run(fresh, "make", "-n", "setup")
