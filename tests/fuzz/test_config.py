"""Builds, and settings on the command line."""

from __future__ import annotations

from pathlib import Path

import yaml
from fuzz_helpers import JUNK, attempt, damaged_json, damaged_text, fuzzing
from fuzz_helpers import given as written
from hypothesis import given
from hypothesis import strategies as st

from orthrus.config import settings
from orthrus.config.build import Build, load
from orthrus.config.pretrain import PretrainSettings
from orthrus.config.settings_model import flags

DEMO = Path(__file__).parents[2] / "workflow/builds/demo.yaml"
TEXT = DEMO.read_text()


def read(path: Path) -> Build:
    return load({"build": str(path)})[1]


@fuzzing
@given(drawn=st.one_of(damaged_text(TEXT, ":"), damaged_text(TEXT, " ")))
def test_a_damaged_build(tmp_path: Path, drawn: bytes) -> None:
    path = written(tmp_path, "mine.yaml", drawn)
    attempt("config: build as text", path, lambda: read(path))


@fuzzing
@given(drawn=damaged_json(yaml.safe_load(TEXT)))
def test_a_build_of_other_values(tmp_path: Path, drawn: bytes) -> None:
    path = written(tmp_path, "mine.yaml", drawn)  # all JSON is YAML, nearly
    attempt("config: build of other values", path, lambda: read(path))


KEYS = (
    "lr",
    "batch.tokens",
    "model.width",
    "augment.mask",
    "train.device",
    "x",
    "batch",
    "",
)


@fuzzing
@given(st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(JUNK)), min_size=1, max_size=3))
def test_assignments(pairs: list[tuple[str, str]]) -> None:
    words = [f"{key}={value}" for key, value in pairs]
    found = attempt("config: --set", "--set", lambda: settings(PretrainSettings, words))
    assert found is None or isinstance(flags(found), str)


def test_the_sample_is_sound(tmp_path: Path) -> None:
    assert read(written(tmp_path, "mine.yaml", TEXT.encode())).name == "demo"
