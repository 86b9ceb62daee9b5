"""The tables of relations together, and their files."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import polars as pl

from orthrus import tables
from orthrus.errors import OrthrusError


@dataclass(frozen=True)
class Tables:
    """The four tables, under their contracts in `orthrus.tables`."""

    sets: pl.DataFrame
    corpus: pl.DataFrame
    groups: pl.DataFrame
    members: pl.DataFrame

    def write(self, folder: Path) -> None:
        """Write `sets.parquet`, `corpus.parquet`, `groups.parquet` and `members.parquet`."""
        for name in NAMES:
            tables.write(getattr(self, name), folder / f"{name}.parquet", _contract(name))

    @classmethod
    def read(cls, folder: Path) -> Tables:
        """Read what `write` wrote.

        Raises
        ------
        OrthrusError
            A table is missing, does not fulfil its contract, or they do not belong together.
        """
        read = {name: tables.read(folder / f"{name}.parquet", _contract(name)) for name in NAMES}
        sets, corpus, groups, members = (read[name] for name in NAMES)
        ends = sets["end"].max() or 0, groups["toga_end"].max() or 0
        if not ends[0] == ends[1] == len(corpus) == len(members):
            raise OrthrusError(
                f"{folder}: sets, corpus, groups and members do not belong together; "
                "run `orthrus relations build` again"
            )
        return cls(**read)


NAMES = tuple(field.name for field in fields(Tables))


def _contract(name: str) -> tables.Contract:
    return {
        "sets": tables.SETS,
        "corpus": tables.CORPUS,
        "groups": tables.GROUPS,
        "members": tables.MEMBERS,
    }[name]
