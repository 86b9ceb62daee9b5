"""RNA localization by proximity labelling (Fazal et al. 2019, table S3): an Excel workbook.

Each of eight compartments has a column of log2 fold changes. Labels as the published suite makes
them: fold changes divided by their sum over compartments, and on from an eighth on.
"""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from orthrus.config.tasks import TaskSettings
from orthrus.errors import OrthrusError
from orthrus.files import ZIP_FAULTS
from orthrus.tasks.labels import Labels

SHEET = "Gene lists and orphans"
GENE, SYMBOL, FOLD_CHANGE = "Ensembl_Gene", "Common_Gene", "log2FC"
COMPARTMENTS = 8
THRESHOLD = 0.125
HEADER_WITHIN = 20
"""Rows in which the header is looked for: tables of papers have titles above it."""


def read_raw(paths: Sequence[Path], taxon_id: int | None, settings: TaskSettings) -> Labels:  # noqa: ARG001
    """Read the workbook; see `orthrus.benchmark_tasks.Raw`."""
    return read_fazal(paths[0])


def read_fazal(path: Path) -> Labels:
    """Read the workbook.

    Raises
    ------
    OrthrusError
        The file is no workbook, lacks the sheet or a column, or has not eight columns of fold
        changes.
    """
    header, rows = _table(path)
    chosen = [at for at, name in enumerate(header) if FOLD_CHANGE in name]
    if len(chosen) != COMPARTMENTS:
        raise OrthrusError(
            f"{path}: {len(chosen)} columns have {FOLD_CHANGE} in their name, not {COMPARTMENTS}"
        )
    gene, symbol = header.index(GENE), header.index(SYMBOL)
    named = [row for row in rows if row[gene]]
    changes = np.array([[_number(row[at]) for at in chosen] for row in named], dtype=np.float64)
    genes = pl.DataFrame(
        {
            "gene_id": [str(row[gene]).strip() for row in named],
            "gene_name": [None if row[symbol] is None else str(row[symbol]) for row in named],
        },
        schema_overrides={"gene_name": pl.String},
    )
    names = tuple(_compartment(header[at]) for at in chosen)
    return Labels(genes, shares(changes.reshape(-1, COMPARTMENTS)), names)


def shares(changes: np.ndarray) -> np.ndarray:
    """Return 1 where a fold change is at least an eighth of its row's sum; NaN rows stay NaN.

    Parameters
    ----------
    changes
        (genes, 8) float64, log2 fold changes.
    """
    folds = np.exp2(changes)
    share = folds / folds.sum(axis=1, keepdims=True)
    known = np.isfinite(share).all(axis=1, keepdims=True)
    return np.where(known, (share >= THRESHOLD).astype(np.float64), np.nan)


def is_workbook(path: Path) -> bool:
    """Tell whether a file is an Excel workbook."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except ZIP_FAULTS:
        return False


def _table(path: Path) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Return the header of the sheet and the rows below it."""
    import openpyxl

    if not is_workbook(path):
        raise OrthrusError(f"{path}: is no Excel workbook; fetch Fazal's table S3 again")
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        with contextlib.closing(book):
            if SHEET not in book.sheetnames:
                known = ", ".join(book.sheetnames)
                raise OrthrusError(f"{path}: has no sheet {SHEET!r}, but {known}")
            rows = list(book[SHEET].iter_rows(values_only=True))
    except OrthrusError:
        raise
    except Exception as error:  # openpyxl passes on whatever damage to its XML leads to
        reason = " ".join(str(error).split())
        raise OrthrusError(f"{path}: the workbook is damaged ({reason}); fetch it again") from None
    at = _header(rows[:HEADER_WITHIN])
    if at is None:
        raise OrthrusError(f"{path}: sheet {SHEET!r} has no columns {GENE} and {SYMBOL}")
    return ["" if cell is None else str(cell).strip() for cell in rows[at]], rows[at + 1 :]


def _header(rows: Iterable[tuple[Any, ...]]) -> int | None:
    return next((at for at, row in enumerate(rows) if GENE in row and SYMBOL in row), None)


def _number(cell: Any) -> float:
    """Return a cell's number; NaN for an empty one or text such as NA."""
    try:
        return float(cell)
    except (TypeError, ValueError):
        return float("nan")


def _compartment(name: str) -> str:
    """Return the name of a compartment from that of its column."""
    return name.replace(FOLD_CHANGE, "").strip(" _-()") or name
