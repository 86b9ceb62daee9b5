"""One model on one task: embeddings, targets and splits joined, and a probe per seed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from orthrus import schemas
from orthrus.config.evaluate import ProbeSettings
from orthrus.errors import OrthrusError
from orthrus.evaluate import embeddings_io, folds, probe
from orthrus.evaluate.probe_io import Probe
from orthrus.files import read_json


@dataclass(frozen=True)
class TaskData:
    """A task, and for every row of it its features (n, width) and its gene in the splits.

    `digest` is that of the model whose embeddings the features are, if any.
    """

    facts: dict[str, Any]
    table: pl.DataFrame
    features: npt.NDArray[np.float64]
    digest: str | None
    genes: pl.Series
    splits: pl.DataFrame
    path: Path

    @classmethod
    def read(cls, task: Path, embeddings: Path, splits: Path, least: float = 0) -> TaskData:
        """Read a TASK with its facts, its embeddings, and SPLITS of its species' genes."""
        facts, table = read_json(task.with_suffix(".json")), schemas.read_table(task, schemas.TASK)
        features = embeddings_io.of(embeddings, table["transcript_id"]).astype("float64")
        digest, known = (
            embeddings_io.digest_of(embeddings),
            schemas.read_table(splits, schemas.SPLITS),
        )
        genes = folds.of_task(table, task, known, splits, least)
        return cls(facts, table, features, digest, genes, known, splits)

    def fold_of(self, seed: int) -> pl.Series:
        """Return the fold of every row for one seed."""
        return folds.of_seed(self.genes, self.splits, seed, self.path)


def benchmark(
    task: Path, embeddings: Path, splits: Path, names: dict[str, str], settings: ProbeSettings
) -> tuple[pl.DataFrame, Probe, list[str]]:
    """Probe one model on one task, once per seed.

    Parameters
    ----------
    task
        TASK table; its facts lie beside it, with suffix `.json`.
    embeddings, splits
        Embedding table of the task's transcripts, and SPLITS of their species.
    names
        `model` and `split`, as the table shall call them.

    Returns
    -------
    tuple
        The PROBE table, the fitted probes, and lines worth telling a person.

    Raises
    ------
    OrthrusError
        A file is malformed or does not fit the others, or a fold is too small (see `probe.run`).
    """
    joined = TaskData.read(task, embeddings, splits, settings.min_matched)
    facts = joined.facts
    targets = joined.table["target"].list.to_array(len(facts["labels"])).to_numpy()
    outcomes = {}
    for seed in settings.seeds:
        data = probe.Data(joined.features, targets, joined.fold_of(seed))
        try:
            outcomes[seed] = probe.run(data, facts["kind"], settings)
        except OrthrusError as error:
            raise OrthrusError(f"{task}: seed {seed}: {error}") from None
    rows = probe.rows(outcomes, {"task": facts["name"], **names})
    lines = probe.remarks([outcome for outcome, _ in outcomes.values()], facts["labels"])
    frame = pl.DataFrame(rows, schema=schemas.PROBE.schema)
    about = {name: facts[name] for name in ("kind", "labels")} | {
        "task": facts["name"], "model": names["model"], "digest": joined.digest,
        "seeds": list(settings.seeds),
    }  # fmt: skip
    fitted = Probe(about, [outcome.probe for outcome, _ in outcomes.values()])
    lines = [*folds.remarks(joined.genes, splits), *lines, _summary(frame, facts["metric"])]
    return frame, fitted, lines


def held_out(task: Path, embeddings: Path, splits: Path, kept: Path) -> pl.DataFrame:
    """Apply the probe that was fitted for every seed to the test rows of that seed.

    Parameters
    ----------
    task, embeddings, splits
        As the probe was fitted to: see `benchmark`.
    kept
        The fitted probe.

    Returns
    -------
    polars.DataFrame
        HELD_OUT, seed by seed in the order of the task.

    Raises
    ------
    OrthrusError
        A file is malformed or does not fit the others.
    """
    fitted, joined = Probe.read(kept), TaskData.read(task, embeddings, splits)
    own, wanted = fitted.facts["task"], joined.facts["name"]
    if own != wanted:
        raise OrthrusError(f"{kept}: was fitted to {own}; give the probe of {wanted}")
    try:
        fitted.check_width(joined.features.shape[1])
        if fitted.facts.get("digest") != joined.digest:
            fitted.check_model(joined.digest)
    except OrthrusError as error:
        raise OrthrusError(f"{embeddings}: {error}") from None
    if fitted.facts["labels"] != joined.facts["labels"]:
        raise OrthrusError(f"{kept}: was fitted to other labels than those of {task}; probe again")
    parts = []
    for seed, fit in zip(fitted.facts["seeds"], fitted.fits, strict=True):
        rows = np.flatnonzero((joined.fold_of(seed) == "test").fill_null(value=False).to_numpy())
        names = joined.table[rows].select(
            "transcript_id", pl.lit(seed, pl.Int64).alias("seed"), "target"
        )
        predicted = pl.Series(fit.predict(joined.features[rows])).arr.to_list()
        parts.append(names.with_columns(predicted=predicted))
    return pl.concat([schemas.HELD_OUT.empty(), *parts])


def _summary(frame: pl.DataFrame, metric: str) -> str:
    values = frame.filter(pl.col("metric") == metric)["value"]
    return f"{metric} {values.to_numpy().mean():.3f} over {len(values)} seeds"
