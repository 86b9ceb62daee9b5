"""From the sources of one task to its table and the facts about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import polars as pl

from orthrus import embedded_digests, schemas
from orthrus.array_types import Floats
from orthrus.benchmark_tasks import KNOWN, STRUCTURE, Kind, Task, find, unknown
from orthrus.config.tasks import TaskSettings
from orthrus.errors import OrthrusError
from orthrus.files import open_existing, read_json, sha256
from orthrus.identifiers import comparable
from orthrus.joins import Join
from orthrus.sources import catalogue, fetch_records
from orthrus.tasks import (
    appris,
    custom,
    released,
    structural_probes,
)
from orthrus.tasks.labels import KEY, Measured, attach
from orthrus.transcripts.store import Store


@dataclass(frozen=True)
class TaskSources:
    """What a task is made from.

    Attributes
    ----------
    sources
        Processed files, raw label files, or one's own task or table.
    store
        The store whose transcripts carry labels; None where sources hold sequences.
    appris
        APPRIS of the store's annotation; None: its tags rank isoforms.
    species
        Scientific name; None: that of the store, or of the paper.
    """

    sources: Sequence[Path] = ()
    store: Path | None = None
    appris: Path | None = None
    species: str | None = None


def build(
    name: str, given: TaskSources, settings: TaskSettings | None = None
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Build one task.

    Known tasks come from their processed releases or raw sources, told apart by content, or from a
    store alone; any other name is one's own task.

    Returns
    -------
    tuple
        The TASK table, and its facts: name, title, kind, metric, labels, species, n, genes,
        max_length (nt), split, rows dropped by reason, rows of the (first) processed release, what
        is known of the sources, and the paper's own counts where it has the task.

    Raises
    ------
    OrthrusError
        A source is malformed or of another task, what is needed is missing, the target does not
        fit the kind, or no row is left.
    """
    settings = settings or TaskSettings()
    fetch_records.check([*given.sources, given.appris])
    store = Store.open(given.store) if given.store else None
    if name not in KNOWN:
        if len(given.sources) == 1 and _is_task(given.sources[0]):
            return _adopt(name, given.sources[0])
        task, measured = _own(name, given, store, settings)
    else:
        task = find(name)
        measured = _known(name, task, given, store, settings)
    species = _species(given, store, task)
    frame, dropped = _table(measured, task, species, name)
    return frame, _facts(name, task, measured, frame) | {
        "species": species,
        "dropped": dict(measured.dropped) | dropped,
        "sources": _provenance(given),
        **({"store": _identity(store)} if store else {}),
    }


def _facts(name: str, task: Task, measured: Measured, frame: pl.DataFrame) -> dict[str, Any]:
    """Return what the table, its route and the paper tell of a task."""
    found = {
        "name": name,
        "title": task.title,
        "kind": task.kind,
        "metric": task.metric,
        "labels": list(measured.names),
        "n": frame.height,
        "genes": frame.select(pl.coalesce("gene_id", "gene_name").n_unique()).item(),
        "max_length": frame["length"].max(),
    }
    if task.published:
        found["published"] = dict(task.published)
    if task.one_gene:
        found["split"] = "all rows are variants of one gene: only a random split can part them"
    return found | dict(measured.facts)


def _identity(store: Store) -> dict[str, str]:
    return {"annotation_set": store.annotation_set, "digest": store.digest}


def _known(
    name: str,
    task: Task,
    given: TaskSources,
    store: Store | None,
    settings: TaskSettings,
) -> Measured:
    """Take the route that fits the sources of a known task."""
    if name in STRUCTURE:
        if given.sources:
            raise OrthrusError(
                f"task {name}: comes from a store alone; leave out {given.sources[0]}"
            )
        return structural_probes.measure(name, _needed(store, name), settings.structure)
    if given.sources and all(released.is_release(path) for path in given.sources):
        return released.measure(name, task, given.sources)
    if not task.raw:
        raise OrthrusError(
            f"task {name}: how its raw data were processed is unpublished; give its processed "
            "release (Parquet or npz)"
        )
    if len(given.sources) != len(task.raw.files):
        raise OrthrusError(
            f"task {name}: needs its processed release, or {' and '.join(task.raw.files)}, in this "
            f"order; {len(given.sources)} files given"
        )
    store = _needed(store, name)
    taxon_id: int | None = store.table["taxon_id"][0]
    labels, least = task.raw.load()(given.sources, taxon_id, settings), settings.min_matched
    ranks = _ranks(given.appris, store, least)
    return attach(labels, store, ranks, least, given.sources[-1])


def _own(
    name: str, given: TaskSources, store: Store | None, settings: TaskSettings
) -> tuple[Task, Measured]:
    """Build one's own task; OrthrusError says which known one is nearest where it cannot be."""
    if store is None or len(given.sources) != 1 or released.is_release(given.sources[0]):
        raise OrthrusError(f"{unknown(name)}; one's own takes a single table of labels and --store")
    least = settings.min_matched
    ranks = _ranks(given.appris, store, least)
    measured, kind = custom.measure(given.sources[0], store, ranks, settings.custom, least)
    return Task(name, kind), measured


def _is_task(path: Path) -> bool:
    """Tell whether a file is a table that `orthrus tasks add` made."""
    if not released.is_parquet(path):
        return False
    with open_existing(path) as handle:
        embedded_digests.check(handle, path)
        return pl.read_parquet_schema(handle) == dict(schemas.TASK.schema)


def _adopt(name: str, path: Path) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Take over a finished task under the name that a build gives it."""
    return schemas.read_table(path, schemas.TASK), read_json(path.with_suffix(".json")) | {
        "name": name
    }


def _needed(store: Store | None, name: str) -> Store:
    if store is None:
        raise OrthrusError(
            f"task {name}: its labels have no sequences; name the store whose transcripts carry "
            "them with --store"
        )
    return store


def _ranks(path: Path | None, store: Store, least: float) -> pl.DataFrame | None:
    """Read APPRIS and make sure that it is of the store's annotation."""
    if path is None:
        return None
    ranks = appris.read_appris(path)
    known = store.table.select(comparable(pl.col("transcript_id"))).to_series()
    join = Join.of(path, "transcripts of the store", known, ranks["transcript"])
    if not join.matched:
        raise OrthrusError(
            f"{path}: knows no transcript of {store.path}; take the APPRIS of its annotation, or "
            f"none, to rank isoforms by the annotation's own tags ({join.example} is one of the "
            f"store, {join.other} one of the file)"
        )
    join.check(least, KEY, "take the APPRIS of the store's annotation")
    return ranks


def _species(given: TaskSources, store: Store | None, task: Task) -> str:
    """Return the species of a task; OrthrusError where it is unknown or told in two ways."""
    held = str(store.table["species"][0]) if store else None
    if held and given.species and held != given.species:
        raise OrthrusError(
            f"{given.store}: holds transcripts of {held}, but the species is to be {given.species}"
        )
    species = given.species or held or task.species
    if species is None:
        raise OrthrusError("the source does not tell its species; name it with --species")
    return species


def _table(
    measured: Measured, task: Task, species: str, name: str
) -> tuple[pl.DataFrame, dict[str, int]]:
    """Return the TASK table of complete rows, and how many were not, by reason."""
    gene = measured.rows.select(pl.any_horizontal(pl.col("gene_id", "gene_name") != ""))
    has_gene = gene.to_series().fill_null(value=False).to_numpy()
    has_target = np.isfinite(measured.targets).all(axis=1)
    dropped = {
        "no_gene": int((~has_gene).sum()),
        "missing_target": int((has_gene & ~has_target).sum()),
    }
    keep = has_gene & has_target
    if (infinite := np.isinf(measured.targets).any(axis=1)).any():
        row = int(infinite.argmax())
        raise OrthrusError(
            f"task {name}: the target of {_called(measured.rows, row)} is infinite; correct or "
            "remove it in the source"
        )
    if not keep.any():
        raise OrthrusError(f"task {name}: no row has a gene and a target; nothing to build")
    targets = measured.targets[keep]
    _check_kind(targets, task.kind, name)
    frame = measured.rows.filter(keep).with_columns(
        pl.lit(species).alias("species"),
        pl.Series("target", targets.tolist(), dtype=schemas.TASK.columns["target"].dtype),
    )
    return frame.select(schemas.TASK.schema.names()), dropped


def _called(rows: pl.DataFrame, row: int) -> str:
    """Return the transcript of a row, else its gene, else its number from 1."""
    names = rows.row(row, named=True)
    found = (names[name] for name in ("transcript_id", "gene_id", "gene_name"))
    return next(filter(None, found), f"row {row + 1}")


def _check_kind(targets: Floats, kind: Kind, name: str) -> None:
    if kind == "regression" and targets.shape[1] != 1:
        raise OrthrusError(
            f"task {name}: is a regression, but its source has {targets.shape[1]} targets per row"
        )
    if kind == "multilabel" and not np.isin(targets, (0, 1)).all():
        raise OrthrusError(
            f"task {name}: has yes-or-no labels, but in its source a target is neither 0 nor 1"
        )


def _provenance(given: TaskSources) -> dict[str, dict[str, str]]:
    """Return SHA-256 of every source, and what the catalogue knows of it."""
    paths = [*given.sources, *([given.appris] if given.appris else [])]
    entries = catalogue.load().entries
    found = {}
    for path in paths:
        parts = path.parts
        known = [
            entry for entry in entries
            if parts[-len(place := PurePath(entry.path).parts) :] == place
        ]  # fmt: skip
        told = {"source": known[0].name, "licence": known[0].licence} if known else {}
        found[path.name] = {"sha256": sha256(path)} | told
    return found
