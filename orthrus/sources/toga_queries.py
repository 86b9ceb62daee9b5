"""The list of TOGA queries that `orthrus sources resolve` writes and builds read."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from orthrus.errors import OrthrusError
from orthrus.sources import tsv

COLUMNS = ("annotation_set", "species", "taxon_id", "genome", "bed", "orthology", "loss")
"""What the list must hold; `aliases` and digests may be there too."""
PINNED = {"bed": "bed_md5", "orthology": "orthology_md5", "loss": "loss_md5"}
"""Columns of files, and those of their digests."""
_MAY_BE_EMPTY = ("taxon_id", "loss")


def read_queries(path: Path, species: Iterable[str]) -> dict[str, Mapping[str, str]]:
    """Return annotation set → fields of its line, for the species asked for; for all, if none is.

    Raises
    ------
    OrthrusError
        The list is malformed, repeats an annotation set, or lacks a species.
    """
    what = "a list of queries as `orthrus sources resolve` makes it"
    rows: dict[str, Mapping[str, str]] = {}
    for where, row in tsv.read_rows(path, COLUMNS, what):
        name = row["annotation_set"]
        for column in COLUMNS:
            if not row[column] and column not in _MAY_BE_EMPTY:
                raise OrthrusError(f"{where}: {column} is empty")
        for column in PINNED.values():
            if not re.fullmatch("([0-9a-f]{32})?", digest := row.get(column, "")):
                raise OrthrusError(f"{where}: {column} {digest!r} is not an MD5")
        if not re.fullmatch("[0-9]{0,9}", row["taxon_id"]):
            raise OrthrusError(f"{where}: taxon_id {row['taxon_id']!r} is not a number")
        if name in rows:
            raise OrthrusError(f"{where}: {name} is listed twice; keep one of the lines")
        rows[name] = row
    return _of_species(rows, tuple(species), path)


def _of_species(
    rows: Mapping[str, Mapping[str, str]], species: tuple[str, ...], path: Path
) -> dict[str, Mapping[str, str]]:
    known = {row["species"] for row in rows.values()}
    for name in species:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "the list names those it has"
            raise OrthrusError(f"toga.species: {path} has no query of {name!r}; {hint}")
    return {name: row for name, row in rows.items() if not species or row["species"] in species}
