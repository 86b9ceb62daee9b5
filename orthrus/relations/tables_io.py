"""The tables of relations together, and their files."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import polars as pl

from orthrus import schemas
from orthrus.annotation.schema import MAX_COORDINATE
from orthrus.errors import OrthrusError
from orthrus.relations.kernels import CLASSES


@dataclass(frozen=True)
class Tables:
    """The four tables, under their contracts in `orthrus.schemas`."""

    sets: pl.DataFrame
    corpus: pl.DataFrame
    groups: pl.DataFrame
    members: pl.DataFrame

    def write(self, folder: Path) -> None:
        """Write `sets.parquet`, `corpus.parquet`, `groups.parquet` and `members.parquet`."""
        for name in NAMES:
            schemas.write_table(getattr(self, name), folder / f"{name}.parquet", _contract(name))

    @classmethod
    def read(cls, folder: Path) -> Tables:
        """Read what `write` wrote.

        Raises
        ------
        OrthrusError
            A table is missing, does not fulfil its contract, or they do not belong together.
        """
        read = cls(
            **{
                name: schemas.read_table(folder / f"{name}.parquet", _contract(name))
                for name in NAMES
            }
        )
        if not read._fit():
            raise OrthrusError(
                f"{folder}: sets, corpus, groups and members do not belong together; "
                "run `orthrus relations build` again"
            )
        return read

    def _fit(self) -> bool:
        """Whether every row and slice is there; compiled loops take them at their word."""
        n, groups = len(self.corpus), len(self.groups)
        sizes = self.sets["end"] - self.sets["start"]
        references = int(sizes.filter(self.sets["origin"] != "toga").sum())
        return (
            len(self.members) == n
            and _tile(self.sets, "", 0, n)
            and _tile(self.groups, "", 0, references)
            and _tile(self.groups, "toga_", references, n)
            and _within(self.corpus["group"], 0, groups)
            and _within(self.corpus["length"], 0, MAX_COORDINATE)
            and _within(self.corpus["length_class"], 0, CLASSES)
            and _within(self.corpus["reference_row"], -1, n)
            and _within(self.members["row"], 0, n)
            and _all_among(self.members["row"], n)
        )


def _tile(slices: pl.DataFrame, prefix: str, first: int, last: int) -> bool:
    """Whether slices follow each other from `first` to `last`."""
    starts, ends = (slices[f"{prefix}{end}"].to_numpy() for end in ("start", "end"))
    bounds = np.concatenate(([first], ends))
    return bool((starts == bounds[:-1]).all() and (starts <= ends).all() and bounds[-1] == last)


def _within(numbers: pl.Series, low: int, high: int) -> bool:
    return bool(numbers.is_between(low, high, closed="left").all())


def _all_among(rows: pl.Series, n: int) -> bool:
    """Whether every row below n is among `rows`, all of which are."""
    found = np.zeros(n, dtype=bool)
    found[rows.to_numpy()] = True
    return bool(found.all())


NAMES = tuple(field.name for field in fields(Tables))


def _contract(name: str) -> schemas.Contract:
    return {
        "sets": schemas.SETS,
        "corpus": schemas.CORPUS,
        "groups": schemas.GROUPS,
        "members": schemas.MEMBERS,
    }[name]
