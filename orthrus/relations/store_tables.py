"""What relations read from the stores: a few columns of one table after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from orthrus import embedded_digests
from orthrus.errors import OrthrusError
from orthrus.files import open_existing
from orthrus.relations.threads import READERS, prefetch
from orthrus.schemas import TRANSCRIPTS
from orthrus.transcripts.store import TABLE, read_attributes

FACTS = ("annotation_set", "assembly", "species", "origin")
"""The columns that hold one value throughout a table."""


@dataclass(frozen=True)
class SetTable:
    """The table of one annotation set, none of whose columns is in memory.

    Attributes
    ----------
    annotation_set, assembly, species, origin
        What all its transcripts share.
    digest
        The logical digest of the store.
    start, end
        Its global rows.
    read
        Returns columns by their names.
    """

    annotation_set: str
    assembly: str
    species: str
    origin: str
    digest: str
    start: int
    end: int
    read: Callable[[Sequence[str]], pl.DataFrame]

    @property
    def is_toga(self) -> bool:
        """Whether the transcripts are projections."""
        return self.origin == "toga"


def open_tables(stores: Sequence[Path]) -> list[SetTable]:
    """Find the tables of stores, whose global rows follow each other in the order given.

    Raises
    ------
    OrthrusError
        A store is none or is damaged, its table cannot be read or mixes annotation sets, species
        or origins, or two stores hold the same annotation set.
    """
    found: dict[str, Path] = {}
    opened: list[SetTable] = []
    for path, (digest, facts, rows) in prefetch(_open, stores, READERS):
        name = facts["annotation_set"]
        if name in found:
            raise OrthrusError(
                f"{path}: annotation set {name} was already read from {found[name]}; "
                "give every set once"
            )
        found[name] = path
        start = opened[-1].end if opened else 0
        read = partial(_read, path / TABLE)
        opened.append(SetTable(**facts, digest=digest, start=start, end=start + rows, read=read))
    return opened


def read_ahead(
    sets: Sequence[SetTable], columns: Sequence[str]
) -> Iterator[tuple[SetTable, pl.DataFrame]]:
    """Yield the columns of one table after the other; the next are read meanwhile."""
    return prefetch(lambda table: table.read(columns), sets, READERS)


def _open(store: Path) -> tuple[str, dict[str, str], int]:
    """Return the digest of a store, and what `_facts` tells of its table."""
    return read_attributes(store)["digest"], *_facts(store / TABLE)


def _facts(path: Path) -> tuple[dict[str, str], int]:
    """Return what the columns `FACTS` of an undamaged table hold, and the number of its rows."""
    with open_existing(path) as handle:
        embedded_digests.check(handle, path)
        try:
            metadata = pq.read_metadata(handle)
        except pa.ArrowException as error:
            raise OrthrusError(f"{path}: {error}; encode the store again") from None
    if not metadata.num_rows:
        raise OrthrusError(f"{path}: holds no transcripts; encode the store again")
    found = _from_statistics(metadata) or _read(path, FACTS).unique().to_dict(as_series=False)
    for name in FACTS:
        if len(set(found[name])) > 1:
            raise OrthrusError(
                f"{path}: holds more than one {name}; encode every annotation set by itself"
            )
    return {name: found[name][0] for name in FACTS}, metadata.num_rows


def _from_statistics(metadata: pq.FileMetaData) -> dict[str, list[str]] | None:
    """Return the smallest and largest values of `FACTS`, None where the file lacks some."""
    found: dict[str, list[str]] = {name: [] for name in FACTS}
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for at in range(group.num_columns):
            column = group.column(at)
            if column.path_in_schema in found:
                bounds = column.statistics
                if bounds is None or not bounds.has_min_max or bounds.null_count:
                    return None
                found[column.path_in_schema] += [bounds.min, bounds.max]
    return found if all(found.values()) else None


def _read(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    """Read columns of a TRANSCRIPTS table, and check these."""
    with open_existing(path) as handle:
        try:
            # Without threads of its own: several tables are read at a time.
            frame = pl.read_parquet(handle, columns=list(columns), parallel="none")
        except pl.exceptions.PolarsError as error:
            reason = str(error).splitlines()[0]
            raise OrthrusError(f"{path}: {reason}; encode the store again") from None
    for name in columns:
        column = TRANSCRIPTS.columns[name]
        if frame.schema[name] != column.dtype:
            raise OrthrusError(f"{path}: column {name} is {frame.schema[name]}, not {column.dtype}")
        if not column.nullable and frame[name].null_count():
            raise OrthrusError(f"{path}: column {name} holds nulls")
    return frame
