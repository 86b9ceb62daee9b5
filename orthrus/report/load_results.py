"""Everything a build has produced so far, read from its folder of results."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from orthrus import embedded_digests, schemas
from orthrus.benchmark_tasks import STRUCTURE, ordered
from orthrus.config.report import ReportRun
from orthrus.errors import OrthrusError
from orthrus.evaluate.umap import MAP
from orthrus.files import open_existing, read_json, sha256
from orthrus.relations.table1 import HEADER, Row, read_rows
from orthrus.report import structural_probes
from orthrus.report.structural_probes import Structure
from orthrus.transcripts.store import METADATA, REJECTED, TABLE

Facts = dict[str, Any]
SUMMARY = "summary.json"
EVERYTHING = ReportRun()
"""Of one who names nothing."""


@dataclass(frozen=True)
class AnnotationSetResults:
    """One annotation set: what passed, what did not, and what its store holds.

    `transcripts`, `coding`, `nucleotides` and `not_encoded` (rows that do not fit the genome) are
    null where there is no store yet. `sequence_names` counts what became of the names of its
    chromosomes (`orthrus.annotation.contig_names.matches`) when the annotation was read or, if
    lengths of sequences were not known then, in the store; empty where there is neither.
    """

    name: str
    species: str | None
    origin: str | None
    kept: int
    excluded: int
    rejected: int
    transcripts: int | None
    coding: int | None
    nucleotides: int | None
    not_encoded: int | None
    sequence_names: Facts


@dataclass(frozen=True)
class Leakage:
    """A leakage report of one split: of an assembly's genes, or of a task's rows."""

    split: str
    name: str
    facts: Facts


@dataclass(frozen=True)
class Model:
    """A model with weights: its summary, and its metrics by step; empty if it was not trained."""

    name: str
    summary: Facts
    metrics: pl.DataFrame

    @property
    def steps(self) -> int | None:
        """Steps that the build trained it, 0 if its weights are random; None: they were read."""
        train: Facts = self.summary["settings"].get("train", {})
        return train.get("steps")


@dataclass(frozen=True)
class Comparison:
    """Z-scores of all models on one split, and their summary."""

    split: str
    scores: pl.DataFrame
    facts: Facts


@dataclass(frozen=True)
class Results:
    """The results of a build; what it did not make is empty.

    Probes of structure are in `structural`, all others in `probes`; `supervised` are those of the
    fine-tuned models that the paper's Figure 2B draws a line at the best of.
    """

    sets: list[AnnotationSetResults]
    pairs: list[Row]
    quality: pl.DataFrame
    leakage: list[Leakage]
    models: list[Model]
    tasks: dict[str, Facts]
    probes: pl.DataFrame
    structural: pl.DataFrame
    structures: list[Structure]
    task_leakage: list[Leakage]
    finetuned: pl.DataFrame
    supervised: list[str]
    comparisons: list[Comparison]
    maps: dict[str, pl.DataFrame]

    @property
    def titles(self) -> dict[str, str]:
        """Names of tasks for people."""
        return {name: facts["title"] for name, facts in self.tasks.items()}

    @property
    def benchmarks(self) -> dict[str, Facts]:
        """Facts of the tasks with measured labels, which models are compared by."""
        return {name: facts for name, facts in self.tasks.items() if name not in STRUCTURE}

    @property
    def most_pairs(self) -> int:
        """The positive pairs of the largest data set; 0 without relations."""
        return max((int(row[HEADER.index("pairs")]) for row in self.pairs), default=0)


def collect(folder: Path, shown: ReportRun = EVERYTHING) -> Results:
    """Read the results in `folder`, of the tasks and models that are `shown`.

    Others are what an earlier configuration left in the folder.

    Raises
    ------
    OrthrusError
        The folder is missing or holds no results, or a file in it is malformed.
    """
    if not folder.is_dir():
        raise OrthrusError(f"{folder}: is not a folder; give the results of a build")
    comparisons = _comparisons(folder / "evaluate/zscores")
    shown = _compared(shown, comparisons)
    tasks = {
        name: read_json(folder / f"tasks/{name}.json")
        for name in ordered(path.stem for path in (folder / "tasks").glob("*.json"))
        if _among(shown.tasks, name)
    }
    probes = _tables(folder / "evaluate/probe", schemas.PROBE, shown.tasks, shown.models)
    finetuned = _tables(
        folder / "evaluate/finetune", schemas.FINETUNE, shown.tasks, shown.finetuned
    )
    models = _models(folder / "pretrain", shown.models)
    results = Results(
        sets=_sets(folder),
        pairs=_pairs(folder / "relations"),
        quality=_quality(folder / "relations/quality.parquet"),
        leakage=_leakage(folder / "relations/splits", ".leakage.json"),
        models=models,
        tasks=tasks,
        probes=probes.filter(~pl.col("task").is_in(STRUCTURE)),
        structural=probes.filter(pl.col("task").is_in(STRUCTURE)),
        structures=structural_probes.read_predictions(
            folder / "evaluate/held_out", tasks, shown.models
        ),
        task_leakage=[
            report
            for report in _leakage(folder / "evaluate/leakage", ".json")
            if report.name in tasks
        ],
        finetuned=finetuned,
        supervised=[
            name
            for name in finetuned["model"].unique().sort()
            if _among(shown.supervised, name) and name not in {model.name for model in models}
        ],
        comparisons=comparisons,
        maps={
            path.stem: schemas.read_table(path, MAP)
            for path in sorted((folder / "evaluate/umap").glob("*.parquet"))
            if _among(shown.models, path.stem)
        },
    )
    if not (results.sets or results.models or results.tasks or results.probes.height):
        raise OrthrusError(f"{folder}: holds no results; give the folder of one build")
    return results


def _compared(shown: ReportRun, comparisons: list[Comparison]) -> ReportRun:
    """Fill in what was compared, if anything; structure is compared by none."""
    if not comparisons:
        return shown
    models = {model for made in comparisons for model in made.facts["models"]}
    tasks = {task for made in comparisons for task in made.facts["tasks"]}
    names = {"tasks": (*tasks, *STRUCTURE), "models": tuple(models)}
    return shown.model_copy(
        update={key: found for key, found in names.items() if getattr(shown, key) is None}
    )


def _among(names: Collection[str] | None, name: str) -> bool:
    return names is None or name in names


def _sets(folder: Path) -> list[AnnotationSetResults]:
    """Return the annotation sets, those with isoforms before projections."""
    summaries = sorted((folder / "annotation").glob(f"*/{SUMMARY}"))
    sets = [_set(path, folder / "transcripts" / f"{path.parent.name}.zarr") for path in summaries]
    return sorted(sets, key=lambda entry: (entry.origin == "toga", entry.name))


def _set(path: Path, store: Path) -> AnnotationSetResults:
    facts = read_json(path)
    held: Facts = {}
    if (store / TABLE).is_file():
        held = _held(store)
    return AnnotationSetResults(
        name=path.parent.name,
        kept=facts["kept"],
        excluded=sum(facts["excluded"].values()),
        rejected=sum(facts["rejected"].values()),
        sequence_names=facts.get("sequence_names") or held.get("sequence_names", {}),
        **{
            name: held.get(name)
            for name in (
                "species", "origin", "transcripts", "coding", "nucleotides", "not_encoded",
            )
        },
    )  # fmt: skip


def _held(store: Path) -> Facts:
    """Sum up a store without reading the columns of its table that do not matter."""
    for name in (TABLE, REJECTED):
        with open_existing(store / name) as handle:
            embedded_digests.check(handle, store / name)
    table = pl.scan_parquet(store / TABLE)
    held = table.select(
        pl.col("species", "origin").first(),
        pl.len().alias("transcripts"),
        pl.col("cds_start").count().alias("coding"),
        pl.col("length").sum().alias("nucleotides"),
    ).collect()
    rejected = pl.scan_parquet(store / REJECTED).select(pl.len()).collect().item()
    names = read_json(store / METADATA)["attributes"].get("sequence_names", {})
    return held.row(0, named=True) | {"not_encoded": rejected, "sequence_names": names}


def _pairs(folder: Path) -> list[Row]:
    return read_rows(folder) if (folder / "counts.json").is_file() else []


def _quality(path: Path) -> pl.DataFrame:
    if not path.is_file():
        return schemas.PAIR_QUALITY.empty()
    return schemas.read_table(path, schemas.PAIR_QUALITY)


def _leakage(folder: Path, suffix: str) -> list[Leakage]:
    return [
        Leakage(path.parent.name, path.name.removesuffix(suffix), read_json(path))
        for path in sorted(folder.glob(f"*/*{suffix}"))
    ]


def _models(folder: Path, names: Collection[str] | None) -> list[Model]:
    return [
        _model(path)
        for path in sorted(folder.glob(f"*/{SUMMARY}"))
        if _among(names, path.parent.name)
    ]


def _model(path: Path) -> Model:
    """Read a model's summary and metrics; a training before the weights were read is another's."""
    read = Model(path.parent.name, read_json(path), pl.DataFrame())
    if read.steps is None:
        return read
    metrics = path.with_name("metrics.csv")
    return replace(read, metrics=_metrics(metrics, read.summary.get("metrics_sha256")))


def _metrics(path: Path, digest: str | None) -> pl.DataFrame:
    """Read metrics.csv: a row per step, empty where nothing was measured.

    `digest` is what the model's summary says of the file; None: nothing.
    """
    if digest and path.exists() and sha256(path) != digest:
        raise OrthrusError(f"{path}: does not have the SHA-256 in {SUMMARY}; train again")
    try:
        return pl.read_csv(path, infer_schema=False).cast(pl.Float64)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise OrthrusError(f"{path}: is no table of metrics ({error}); train again") from None


def _tables(
    folder: Path,
    contract: schemas.Contract,
    tasks: Collection[str] | None,
    models: Collection[str] | None,
) -> pl.DataFrame:
    """Read the tables of all splits, and of these tasks and models."""
    found = [
        schemas.read_table(path, contract)
        for path in sorted(folder.glob("*/*/*.parquet"))
        if _among(tasks, path.parent.name) and _among(models, path.stem)
    ]
    return pl.concat([contract.empty(), *found])


def _comparisons(folder: Path) -> list[Comparison]:
    return [
        Comparison(
            path.stem,
            schemas.read_table(path, schemas.ZSCORES),
            read_json(path.with_suffix(".json")),
        )
        for path in sorted(folder.glob("*.parquet"))
    ]
