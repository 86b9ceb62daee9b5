"""Anyone's own task: a table of identifiers and labels, joined to the transcripts of a store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from orthrus.array_types import Floats
from orthrus.benchmark_tasks import Kind
from orthrus.config.tasks import MIN_MATCHED, CustomTaskSettings
from orthrus.errors import OrthrusError
from orthrus.joins import Join, first
from orthrus.strings import filled
from orthrus.tasks import text, user_tables
from orthrus.tasks.isoform_choice import choose_isoforms
from orthrus.tasks.labels import EXAMPLES, Measured, find, indicator_matrix, transcripts
from orthrus.tasks.user_tables import Sheet
from orthrus.transcripts.store import Store

MAX_CLASSES = 50
COLUMNS = {"transcripts": "transcript_id", "genes": "gene_id", "symbols": "gene_name"}
KEY = "tasks.min_matched"


@dataclass(frozen=True)
class Table:
    """A table of labels.

    Attributes
    ----------
    ids
        As written in the file, each once.
    targets
        (n, labels) float64; NaN where a label is missing.
    names
        Of the labels.
    kind
        What was inferred from the labels.
    exclusive
        The labels are classes, one per row.
    """

    ids: pl.Series
    targets: Floats
    names: tuple[str, ...]
    kind: Kind
    exclusive: bool


def read_labels(path: Path, settings: CustomTaskSettings) -> Table:
    """Read a table (see `sheets.read`), and infer the kind of its labels.

    One column of numbers is a regression; columns of 0 and 1 are yes-or-no labels; one column of
    words are classes, which become a yes-or-no label each.

    Raises
    ------
    OrthrusError
        A column is missing, an identifier is empty or comes twice, or the labels are of no kind.
    """
    sheet = user_tables.read_sheet(path)
    frame = sheet.frame
    column = settings.id or frame.columns[0]
    labels = settings.labels or tuple(name for name in frame.columns if name != column)
    text.require(frame, path, "the table asked for", (column, *labels))
    if not labels:
        raise OrthrusError(f"{path}: has the column {column!r} alone; add a column of labels")
    for name in labels:
        if not frame.select(filled(pl.col(name))).to_series().count():
            raise OrthrusError(f"{path}: column {name!r} holds no value; fill or leave it out")
    ids = frame.select(filled(pl.col(column))).to_series()
    if ids.null_count():
        line = sheet.lines[int(ids.is_null().arg_true()[0])]
        raise OrthrusError(f"{path}: line {line} has no {column}")
    if (twice := ids.filter(ids.is_duplicated())).len():
        raise OrthrusError(f"{path}: {twice[0]} occurs more than once; keep one line of it")
    exclusive = len(labels) == 1 and not _is_numeric(frame[labels[0]])
    return Table(ids, *_infer(sheet, labels, path, settings.decimal), exclusive)


def measure(
    path: Path,
    store: Store,
    appris: pl.DataFrame | None,
    settings: CustomTaskSettings,
    least: float = MIN_MATCHED,
) -> tuple[Measured, Kind]:
    """Join the labels of a table to transcripts, or to the chosen isoform of each gene.

    Identifiers are taken for transcripts, genes or symbols, whichever most of them are.

    Raises
    ------
    OrthrusError
        The table is malformed (see `read`), or less than `least` of the identifiers are those of
        the store.
    """
    table = read_labels(path, settings)
    meaning, matches, held = _match(table.ids, store, appris, path)
    found = matches.drop_nulls("row").unique("row", keep="first", maintain_order=True)
    lost = matches.filter(pl.col("row").is_null())
    _check(path, meaning, matches, held, least)
    dropped = {
        "unmatched": len(lost) - int(matches["ambiguous"].sum()),
        "ambiguous": int(matches["ambiguous"].sum()),
        "repeated": len(matches) - len(lost) - len(found),
    }
    facts = {
        "route": "own labels",
        "exclusive": table.exclusive,
        "identifiers": meaning,
        "unmatched_examples": lost["label"].head(EXAMPLES).to_list(),
    }
    rows = transcripts(store, found["row"].to_numpy())
    targets = table.targets[found["label_row"].to_numpy()]
    return Measured(rows, targets, table.names, dropped, facts), table.kind


def _match(
    ids: pl.Series, store: Store, appris: pl.DataFrame | None, path: Path
) -> tuple[str, pl.DataFrame, pl.Series]:
    """Return what identifiers are, the table of `find` with `row`, and the store's identifiers.

    `row` is that in the store.
    """
    table = store.table
    chosen = choose_isoforms(table, appris)
    genes, none = table[chosen], pl.lit(None, pl.String)
    named = pl.DataFrame({"id": ids})
    as_id = named.select(gene_id="id", gene_name=none)
    every = np.arange(len(table))
    found = {
        "transcripts": (find(as_id, table.select(gene_id="transcript_id", gene_name=none)), every),
        "genes": (find(as_id, genes), chosen),
        "symbols": (find(named.select(gene_id=none, gene_name="id"), genes), chosen),
    }
    meaning = max(found, key=lambda what: found[what][0]["at"].count())
    matches, rows = found[meaning]
    if not matches["at"].count():
        raise OrthrusError(
            f"{path}: none of {len(ids)} identifiers, such as {ids[0]}, is a transcript, gene or "
            f"symbol of {store.path}; take the store of their species"
        )
    held = table[rows][COLUMNS[meaning]]
    at = matches["at"].fill_null(0).to_numpy()
    row = pl.when(pl.col("at").is_not_null()).then(pl.Series(rows[at]))
    return meaning, matches.with_columns(row.cast(pl.Int64).alias("row")), held


def _check(path: Path, meaning: str, matches: pl.DataFrame, held: pl.Series, least: float) -> None:
    """Tell how many identifiers are found; OrthrusError where they are few."""
    found = matches["at"].drop_nulls().unique()
    lost = matches.filter(pl.col("at").is_null())["label"]
    Join(
        path, f"{meaning} of the store", len(found), len(held), len(matches), first(held),
        first(lost),
    ).check(least, KEY, "take the store of their species and release")  # fmt: skip


def _infer(
    sheet: Sheet, labels: Sequence[str], path: Path, decimal: str
) -> tuple[Floats, tuple[str, ...], Kind]:
    """Return the targets, the names of their columns, and the kind of task they make."""
    frame = sheet.frame
    words = [name for name in labels if not _is_numeric(frame[name])]
    if words and len(labels) == 1:
        return _classes(frame[words[0]], path)
    if words:
        raise OrthrusError(
            f"{path}: column {words[0]!r} holds words, {frame[words[0]].drop_nulls()[0]!r}, among "
            "several columns of labels; name those to take: --set custom.labels=[…]"
        )
    columns = [text.numbers(frame, name, path, decimal, sheet.lines) for name in labels]
    columns = [column.fill_null(float("nan")) for column in columns]
    targets = np.stack([column.to_numpy() for column in columns], axis=1)
    if np.isin(targets[~np.isnan(targets)], (0, 1)).all():
        return targets, tuple(labels), "multilabel"
    if len(labels) == 1:
        return targets, tuple(labels), "regression"
    raise OrthrusError(
        f"{path}: {len(labels)} columns of labels are not all 0 and 1; a regression has one: name "
        f"it, e.g. --set custom.labels=[{labels[0]}]"
    )


def _is_numeric(column: pl.Series) -> bool:
    """Tell whether at least one value is a number, so that another one would be a fault.

    Numbers of another locale count, so that they never become classes.
    """
    values = column.str.strip_chars()
    return bool(text.parsed(values, ".").count() or text.is_foreign(values).any())


def _classes(column: pl.Series, path: Path) -> tuple[Floats, tuple[str, ...], Kind]:
    """Return a yes-or-no label for every word of a column; NaN where it is empty."""
    members = pl.select(label=filled(pl.lit(column))).with_row_index("gene").drop_nulls()
    names = sorted(members["label"].unique())
    if not 2 <= len(names) <= MAX_CLASSES:
        raise OrthrusError(
            f"{path}: column {column.name!r} has {len(names)} different words; classes are 2 to "
            f"{MAX_CLASSES}"
        )
    targets = np.full((len(column), len(names)), np.nan)
    kept, known = indicator_matrix(members, names)
    targets[kept["gene"].to_numpy()] = known
    return targets, tuple(names), "multilabel"
