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


def test_an_old_python_is_refused_before_anything_is_installed(fresh):
    old = fresh / "python3.9"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.18 || exit 1\n')
    old.chmod(0o755)
    told = run(fresh, "make", "setup", f"PYTHON={old}", expect=2)
    assert f"Python 3.11 or newer is needed; {old} is Python 3.9.18." in told
    assert "make PYTHON=python3.13 setup" in told
    assert not (fresh / ".venv").exists()
