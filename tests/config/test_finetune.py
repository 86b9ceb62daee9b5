from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from orthrus.benchmark_tasks import TASKS
from orthrus.config.build import load
from orthrus.config.finetune import FinetuneSettings, Source
from orthrus.config.settings_model import settings
from orthrus.errors import OrthrusError

A6 = {
    "go-mf": (1e-3, 1e-3), "rnahl-human": (1e-3, 1e-3), "rnahl-mouse": (1e-3, 1e-3),
    "rna-loc-fazal": (1e-4, 1e-4), "rna-loc-ietswaart": (1e-4, 1e-4), "eclip": (1e-4, 1e-4),
    "mrl-sugimoto": (3e-4, 1e-4),
}  # fmt: skip
"""Learning rate and weight decay of the head: the paper, appendix A.6."""


@pytest.mark.parametrize("task", A6)
def test_rates_and_weight_decays_are_those_of_the_paper(task: str) -> None:
    recipe = FinetuneSettings().of(task, "pretrained")
    assert (recipe.lr, recipe.weight_decay) == A6[task]


@pytest.mark.parametrize("task", TASKS)
def test_the_published_code_decays_no_weights(task: str) -> None:
    paper, code = (
        FinetuneSettings(recipe=source).of(task, "pretrained")
        for source in ("paper", "published_code")
    )
    assert code == paper.model_copy(update={"weight_decay": 0.0})


@pytest.mark.parametrize(
    ("task", "start", "expected"),
    [
        ("rnahl-human", "pretrained", (1e-3, 10_000, 400, 10.0, "norm", 30_000)),
        ("prot-loc", "pretrained", (1e-4, 10_000, 1_000, 10.0, "norm", 30_000)),
        ("mrl-sugimoto", "pretrained", (3e-4, 10_000, 1_000, 0.5, "value", 30_000)),
        ("eclip", "pretrained", (1e-4, 3_000, 1_000, 10.0, "norm", 15_000)),
        ("go-mf", "mamba", (1e-3, 10_000, 1_000, 0.5, "norm", 30_000)),
        ("eclip", "mamba", (1e-4, 3_000, 1_000, 0.5, "norm", 15_000)),
        ("eclip", "dilated_cnn", (1e-3, 3_000, 1_000, 0.5, "norm", 15_000)),
        ("prot-loc", "dilated_cnn", (1e-4, 10_000, 1_000, 0.5, "norm", 30_000)),
        ("go-mf", "saluki", (1e-4, 10_000, 1_000, 0.5, "norm", 30_000)),
    ],
)
@pytest.mark.parametrize("source", ["paper", "published_code"])
def test_what_only_the_published_code_tells(
    task: str, start: str, expected: tuple[Any, ...], source: Source
) -> None:
    recipe = FinetuneSettings(recipe=source).of(task, start)
    keys = ("lr", "steps", "warmup", "clip", "clip_by", "max_length")
    assert tuple(getattr(recipe, key) for key in keys) == expected


def test_keys_that_are_set_win() -> None:
    recipe = FinetuneSettings(lr=0.5, weight_decay=0.0, steps=3, warmup=0).of("go-mf", "pretrained")
    assert (recipe.lr, recipe.weight_decay, recipe.steps, recipe.warmup) == (0.5, 0.0, 3, 0)
    assert recipe.max_length == 30_000


def test_a_warm_up_as_long_as_the_training() -> None:
    message = r"fine-tuning go-mf: warmup=400 leaves nothing of steps=400; lower it"
    with pytest.raises(OrthrusError, match=message):
        FinetuneSettings(steps=400).of("go-mf", "pretrained")


def test_numbers_and_shares_of_labels() -> None:
    assert settings(FinetuneSettings, ["labels=[30, 0.5, full]"]).labels == (30, 0.5, "full")


@pytest.mark.parametrize("wrong", ["1", "1.5", "0.0", "all", "-3"])
def test_labels_that_are_no_number_or_share(wrong: str) -> None:
    with pytest.raises(OrthrusError, match=r"--set: labels\.0"):
        settings(FinetuneSettings, [f"labels=[{wrong}]"])


def build(folder: Path, **changes: Any) -> Any:
    """Load a build with two models and one task, fine-tuned on seeds that its splits have."""
    values = {
        "name": "mine",
        "references": {"x1.refseq": {"species": "X y", "genome": "ucsc.ce11.genome", "table": "t"}},
        "models": {"one": {}},
        "tasks": {"go-mf": {"sources": ["huggingface.go-mf"]}},
        "relations": {"splits": {"seeds": [0, 1]}},
        "evaluate": {"probe": {"seeds": [0]}, "finetune": {"seeds": [0, 1]}},
        "finetune": {"tasks": ["go-mf"], "models": ["one"], "scratch": {"saluki": {}}},
    }
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump(values | changes))
    return load({"build": str(path)})[1]


def test_names_of_what_is_fine_tuned(tmp_path: Path) -> None:
    assert build(tmp_path).finetune.names == ["one", "saluki"]


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"tasks": ["go"]}, r"finetune\.tasks: there is no 'go' in tasks"),
        ({"models": ["two"]}, r"finetune\.models: there is no 'two' in models"),
        ({"models": ["one"], "scratch": {"one": {}}}, r"finetune\.scratch: 'one' is in models too"),
    ],
)
def test_a_plan_that_refers_to_nothing(tmp_path: Path, plan: Any, message: str) -> None:
    with pytest.raises(OrthrusError, match=message):
        build(tmp_path, finetune=plan)


def test_seeds_without_splits(tmp_path: Path) -> None:
    own = {"probe": {"seeds": [0]}, "finetune": {"seeds": [0, 2]}}
    with pytest.raises(OrthrusError, match=r"finetune\.seeds: relations\.splits\.seeds has no 2"):
        build(tmp_path, evaluate=own)
    assert build(tmp_path, evaluate=own, finetune={}).finetune.names == []
