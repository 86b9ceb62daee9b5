"""The tables of relations: SETS, CORPUS, GROUPS and MEMBERS, CSR matrices of gene groups."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from orthrus import schemas
from orthrus.array_types import Int8s, Int32s, Ints
from orthrus.config.relations import GroupSettings
from orthrus.errors import OrthrusError
from orthrus.files import atomic_files, write_json
from orthrus.log import say
from orthrus.relations.counts import count
from orthrus.relations.csr import CSRBuilder, Run
from orthrus.relations.groups import Grouped, group_transcripts
from orthrus.relations.index import Relations
from orthrus.relations.kernels import CLASSES, classify
from orthrus.relations.orthologs import Orthologs, read_orthologs
from orthrus.relations.projection_links import tell_links
from orthrus.relations.store_tables import SetTable, open_tables
from orthrus.relations.tables_io import Tables
from orthrus.sources import fetch_records

MOST_ROWS = 2**31 // CLASSES
"""Rows, and cells of groups and classes, are numbered in 32 bits."""


def build_relations(
    stores: Sequence[Path], folder: Path, settings: GroupSettings, orthologs: Path | None = None
) -> dict[str, Any]:
    """Write the tables of `Tables` and `counts.json` in `folder`, and return the counts.

    Raises
    ------
    OrthrusError
        A store cannot be used (see `open_tables`, `group_transcripts`), none holds a reference
        transcript, or a table of orthologs is given but not asked for, or the other way round.
    """
    if (orthologs is None) == (settings.cross_species == "orthologs"):
        lacks = "no table of orthologs is given" if orthologs is None else f"{orthologs} is given"
        raise OrthrusError(f"cross_species={settings.cross_species}, but {lacks}; see --orthologs")
    fetch_records.check([orthologs])
    pairs = None if orthologs is None else read_orthologs(orthologs, settings)
    sets = open_tables(stores)
    grouped = _group(sets, settings, pairs)
    for line in grouped.genes.lines():
        say(line)
    tell_links(sets, grouped)
    built = _lay_out(sets, grouped, settings)
    counts = count(Relations(folder, built)) | grouped.genes.counts()
    with atomic_files(folder) as fresh:
        built.write(fresh)
        write_json(counts, fresh / "counts.json")
    return counts


def tabulate(
    sets: Sequence[SetTable], settings: GroupSettings, orthologs: Orthologs | None = None
) -> Tables:
    """Group the transcripts of tables, and lay the groups out as CSR arrays."""
    return _lay_out(sets, _group(sets, settings, orthologs), settings)


def _group(
    sets: Sequence[SetTable], settings: GroupSettings, orthologs: Orthologs | None
) -> Grouped:
    if sets[-1].end > MOST_ROWS:
        raise OrthrusError(f"{sets[-1].end:,} transcripts are given; at most {MOST_ROWS:,} can be")
    return group_transcripts(sets, settings.cross_species, orthologs, settings.within_species)


def _lay_out(sets: Sequence[SetTable], grouped: Grouped, settings: GroupSettings) -> Tables:
    classes = classify(grouped.length, np.array(settings.length_classes, dtype=np.int32))
    places, members = _members(sets, grouped.group, classes, len(grouped.names))
    number = pl.int_range(len(grouped.names), dtype=pl.Int32, eager=True)
    return Tables(
        sets=pl.DataFrame(
            [[getattr(table, name) for name in schemas.SETS.columns] for table in sets],
            schema=schemas.SETS.schema,
            orient="row",
        ),
        corpus=pl.DataFrame(
            {
                "group": _shared(grouped.group),
                "length": _shared(grouped.length),
                "length_class": _shared(classes),
                "reference_row": _shared(grouped.reference_row),
            }
        ),
        groups=pl.DataFrame({"group": number, "name": grouped.names, **places}),
        members=pl.DataFrame({"row": _shared(members)}),
    )


def _shared(values: npt.NDArray[np.integer[Any]]) -> pl.Series:
    """Return an array as a column that shares its memory: polars alone would copy it."""
    return pl.Series(pa.array(values))


def _members(
    sets: Sequence[SetTable], group: Int32s, classes: Int8s, groups: int
) -> tuple[dict[str, Ints], Int32s]:
    """Return the columns of GROUPS that point into MEMBERS, and MEMBERS."""
    references = [table for table in sets if not table.is_toga]
    rows = np.concatenate([np.arange(table.start, table.end) for table in references])
    species = np.unique([table.species for table in references], return_inverse=True)[1]
    own = np.repeat(species, [table.end - table.start for table in references])
    end = np.cumsum(np.bincount(group[rows], minlength=groups))

    def cell_of(run: Run) -> Int32s:
        return group[slice(*run)] * np.int32(CLASSES) + classes[slice(*run)]

    runs = [(table.start, table.end) for table in sets if table.is_toga]
    cells = CSRBuilder(groups * CLASSES, runs, cell_of)
    toga = cells.starts[::CLASSES] + len(rows)
    members = np.empty(len(group), dtype=np.int32)
    members[: len(rows)] = rows[np.lexsort((rows, own, group[rows]))]
    cells.write(members[len(rows) :])
    start = np.concatenate([[0], end[:-1]])
    return {"start": start, "end": end, "toga_start": toga[:-1], "toga_end": toga[1:]}, members
