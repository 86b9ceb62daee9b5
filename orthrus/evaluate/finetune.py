"""Fine-tuning (paper, A.6): encoder and head trained on many or few labels of one task."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from scipy.special import expit

from orthrus import schemas
from orthrus.array_types import Floats, Ints
from orthrus.config.finetune import PRETRAINED, FinetuneRun, Recipe
from orthrus.config.models import EncoderSettings
from orthrus.errors import OrthrusError
from orthrus.evaluate import folds, metrics, probe, transcript_inputs
from orthrus.evaluate.embed import threads
from orthrus.evaluate.finetune_train import Labelled, Predictor, Trainer
from orthrus.evaluate.transcript_inputs import Transcripts
from orthrus.files import read_json
from orthrus.log import say
from orthrus.models import checkpoint
from orthrus.models.base import Encoder
from orthrus.models.registry import make

Labels = int | float | str
"""How many labels: a number, a share, or `full`."""


@dataclass(frozen=True)
class FinetuneData:
    """One task: its facts, its transcripts with targets (n, labels), and the gene of every row.

    A row without gene, or too long, has a null gene and is in no fold.
    """

    facts: dict[str, Any]
    transcripts: Transcripts
    targets: Floats
    genes: pl.Series

    def split(self, splits: pl.DataFrame, seed: int, path: Path) -> dict[str, Ints]:
        """Return the rows of every fold for one seed."""
        own = folds.of_seed(self.genes, splits, seed, path)
        return {
            name: np.flatnonzero((own == name).fill_null(value=False).to_numpy())
            for name in ("train", "val", "test")
        }


def finetune(
    task: Path, splits: Path, weights: Path | None, names: dict[str, str], settings: FinetuneRun
) -> tuple[pl.DataFrame, list[str]]:
    """Fine-tune one model on one task, once per seed and number of labels.

    Parameters
    ----------
    task, splits
        TASK table, its facts beside it, and SPLITS of its species' genes.
    weights
        Pretrained weights; None: fresh ones of `settings.encoder`, drawn anew for every seed.
    names
        `model` and `split`, as the table shall call them.

    Returns
    -------
    tuple
        The FINETUNE table, and lines worth telling a person.

    Raises
    ------
    OrthrusError
        A file is malformed or does not fit the others, a fold is too small, constant or has no
        label with both values, no number of labels is available, or a training diverges.
    """
    if weights and settings.encoder != EncoderSettings():
        raise OrthrusError("encoder: pretrained weights bring their own; leave out one of the two")
    pretrained = checkpoint.load_model(weights) if weights else None
    start = PRETRAINED if pretrained else settings.encoder.kind
    facts, known = read_json(task.with_suffix(".json")), schemas.read_table(splits, schemas.SPLITS)
    recipe = settings.of(facts["name"], start)
    data, lines = read_task_data(
        task, facts, known, splits, recipe.max_length, settings.min_matched
    )
    rows: list[dict[str, Any]] = []
    skipped: list[Labels] = []
    with threads(settings.threads):
        for seed in settings.seeds:
            try:
                run = Run(data, data.split(known, seed, splits), seed, recipe, settings)
                rows += [{"task": facts["name"], **names, **row} for row in run.rows(pretrained)]
            except OrthrusError as error:
                raise OrthrusError(f"{task}: seed {seed}: {error}") from None
            skipped += run.skipped
    if not rows:
        raise OrthrusError(f"{task}: no training fold has {min(skipped)} rows; ask for less labels")
    frame = pl.DataFrame(rows, schema=schemas.FINETUNE.schema)
    lines += [
        f"{labels} labels skipped in {times} of {len(settings.seeds)} seeds: more than there are"
        for labels, times in Counter(skipped).items()
    ]
    return frame, [*lines, *_summary(frame, facts["metric"])]


def read_task_data(
    task: Path,
    facts: dict[str, Any],
    known: pl.DataFrame,
    splits: Path,
    max_length: int,
    least: float,
) -> tuple[FinetuneData, list[str]]:
    """Read a task, and find the genes of its rows in the splits `known`, read from `splits`.

    Returns
    -------
    tuple
        The task, and lines about rows that are in no fold.

    Raises
    ------
    OrthrusError
        A file is malformed, or too few genes of the task are in the splits (`folds.of_task`).
    """
    table, transcripts = (
        schemas.read_table(task, schemas.TASK),
        transcript_inputs.open_transcripts(task),
    )
    targets = table["target"].list.to_array(len(facts["labels"])).to_numpy()
    found = folds.of_task(table, task, known, splits, least)
    lines = folds.remarks(found, splits)
    too_long = pl.Series(transcripts.lengths > max_length)
    if too_long.any():
        lines.append(
            f"{too_long.sum()} of {len(found)} transcripts have more than {max_length} nt "
            "and are left out"
        )
        found = pl.select(pl.when(~too_long).then(found)).to_series()
    return FinetuneData(facts, transcripts, targets, found), lines


def subsets(
    rows: Ints, genes: pl.Series, seed: int, labels: tuple[Labels, ...]
) -> Iterator[tuple[Labels, Ints]]:
    """Draw training rows for every number of labels of which there are enough.

    Genes are put in a random order, which the seed and their names decide; a subset is the first
    rows of it. Hence each is part of every larger one, and takes genes whole but for its last.
    """
    _, place = np.unique(genes.gather(rows).to_numpy(), return_inverse=True)
    ranks = np.random.default_rng(seed).permutation(place.max(initial=-1) + 1)
    order = rows[np.argsort(ranks[place], kind="stable")]
    for wanted in labels:
        count = _count(wanted, len(rows))
        if count is not None:
            yield wanted, order[:count]


def _count(labels: Labels, n: int) -> int | None:
    """Return how many of `n` rows `labels` asks for; None where it is more than there are."""
    if isinstance(labels, str):
        return n
    count = labels if isinstance(labels, int) else max(2, round(labels * n))
    return count if count <= n else None


class Run:
    """The trainings of one seed, which share their folds.

    Raises
    ------
    OrthrusError
        A fold is too small or constant, or no label has both values where it is needed.
    """

    def __init__(
        self, data: FinetuneData, fold: dict[str, Ints], seed: int, recipe: Recipe,
        settings: FinetuneRun,
    ):  # fmt: skip
        self.data, self.fold, self.seed = data, fold, seed
        self.recipe, self.settings = recipe, settings
        counts = {name: len(rows) for name, rows in fold.items()}
        if counts["test"] < settings.min_test:
            raise OrthrusError(
                f"too small: {counts['test']} test rows, fewer than min_test={settings.min_test}"
            )
        if min(counts.values()) < 3:
            raise OrthrusError(
                f"too small: {counts['train']} training, {counts['val']} validation rows"
            )
        self.on_val = self._scorer("val")
        self.on_test = self._scorer("test")

    @property
    def skipped(self) -> list[Labels]:
        """The numbers of labels of which the training fold has not enough."""
        n = len(self.fold["train"])
        return [labels for labels in self.settings.labels if _count(labels, n) is None]

    def rows(self, pretrained: Encoder | None) -> Iterator[dict[str, Any]]:
        """Fine-tune on every number of labels; yield rows of a FINETUNE table without names."""
        drawn = subsets(self.fold["train"], self.data.genes, self.seed, self.settings.labels)
        for labels, train in drawn:
            scores, counts = self._score(train, pretrained)
            primary = scores[self.data.facts["metric"]]
            say(f"seed {self.seed}, {labels} labels: {primary:.3f} at step {counts['steps']}")
            for metric, value in scores.items():
                own = {"seed": self.seed, "metric": metric, "value": value}
                yield {"labels": str(labels), **own, **counts}

    def _score(
        self, train: Ints, pretrained: Encoder | None
    ) -> tuple[dict[str, float], dict[str, int]]:
        """Fine-tune on the rows `train`; return test scores, and numbers of rows and steps."""
        settings, data = self.settings, self.data
        targets = data.targets
        if data.facts["kind"] == "regression":
            # Correlations do not see it, and all tasks are learnt at the same rate.
            mean, spread = targets[train].mean(), targets[train].std()
            targets = (targets - mean) / (spread or 1.0)
        labelled = Labelled(data.transcripts, targets, train, self.fold["val"])
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            encoder = copy.deepcopy(pretrained) if pretrained else make(settings.encoder)
            model = Predictor(encoder, settings.hidden, targets.shape[1])
            trainer = Trainer(model, labelled, data.facts["kind"], self.recipe, settings)
            best = trainer.fit(
                pretrained is not None,
                self.seed,
                lambda predicted: self.on_val(predicted)[data.facts["metric"]],
            )
        scores = self.on_test(trainer.predict(self.fold["test"]))
        counts = {"n_train": len(train), "n_val": len(self.fold["val"])}
        return scores, counts | {"n_test": len(self.fold["test"]), "steps": best}

    def _scorer(self, name: str) -> Callable[[Floats], dict[str, float]]:
        """Return what scores the predictions of a fold by all metrics of the task.

        Labels count that have both values in it and in the whole training fold, so that every
        number of labels is scored on the same ones.
        """
        truth, train = (self.data.targets[self.fold[part]] for part in (name, "train"))
        told = {"training": train, name: truth}
        if self.data.facts["kind"] == "regression":
            probe.refuse_constant(told)
            return lambda predicted: metrics.regression(truth[:, 0], predicted[:, 0])
        both = probe.usable(told)
        return lambda predicted: metrics.multilabel(truth[:, both], expit(predicted[:, both]))


def _summary(frame: pl.DataFrame, metric: str) -> list[str]:
    """Say for every number of labels the mean of a metric over seeds."""
    of_labels = (
        frame.filter(pl.col("metric") == metric)
        .group_by("labels", maintain_order=True)
        .agg(pl.col("value").mean(), pl.len())
    )
    return [
        f"{labels} labels: {metric} {value:.3f} over {n} seeds"
        for labels, value, n in of_labels.iter_rows()
    ]
