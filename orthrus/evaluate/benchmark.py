"""One model on one task: embeddings, targets and splits joined, and a probe per seed."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from orthrus import tables
from orthrus.config.evaluate import ProbeSettings
from orthrus.errors import OrthrusError
from orthrus.evaluate import folds, probe, vectors
from orthrus.evaluate.linear import Probe
from orthrus.files import read_json


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
    facts = read_json(task.with_suffix(".json"))
    table = tables.read(task, tables.TASK)
    features = vectors.of(embeddings, table["transcript_id"]).astype("float64")
    targets = table["target"].list.to_array(len(facts["labels"])).to_numpy()
    known = tables.read(splits, tables.SPLITS)
    found = folds.of_task(table, task, known, splits)
    outcomes = {}
    for seed in settings.seeds:
        data = probe.Data(features, targets, folds.of_seed(found, known, seed, splits))
        try:
            outcomes[seed] = probe.run(data, facts["kind"], settings)
        except OrthrusError as error:
            raise OrthrusError(f"{task}: seed {seed}: {error}") from None
    rows = probe.rows(outcomes, {"task": facts["name"], **names})
    lines = probe.remarks([outcome for outcome, _ in outcomes.values()], facts["labels"])
    frame = pl.DataFrame(rows, schema=tables.PROBE.schema)
    about = {name: facts[name] for name in ("kind", "labels")} | {
        "task": facts["name"], "model": names["model"], "seeds": list(settings.seeds),
    }  # fmt: skip
    fitted = Probe(about, [outcome.probe for outcome, _ in outcomes.values()])
    lines = [*folds.remarks(found, splits), *lines, _summary(frame, facts["metric"])]
    return frame, fitted, lines


def _summary(frame: pl.DataFrame, metric: str) -> str:
    values = frame.filter(pl.col("metric") == metric)["value"]
    return f"{metric} {values.to_numpy().mean():.3f} over {len(values)} seeds"
