"""Joins by identifier: how many are found is one line, and too few are an error.

The share of a join is that of the side with fewer identifiers, so that a table of twenty genes may
join a whole genome, and a whole table a store that was cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from orthrus.errors import OrthrusError
from orthrus.log import say


@dataclass(frozen=True)
class Join:
    """What a join of a file with what is at hand found.

    Attributes
    ----------
    file
        The file, as messages name it.
    what
        What is joined, e.g. `transcripts`.
    matched
        How many of them are found.
    ours, theirs
        How many are at hand, and how many the file has.
    example, other
        One that is at hand and one of the file, if possible such as are not found.
    """

    file: Path | str
    what: str
    matched: int
    ours: int
    theirs: int
    example: str | None
    other: str | None

    @classmethod
    def of(cls, file: Path | str, what: str, ours: pl.Series, theirs: pl.Series) -> Join:
        """Compare identifiers that are `comparable`; repeats and nulls do not count."""
        one, other = (ids.drop_nulls().unique(maintain_order=True) for ids in (ours, theirs))
        found = one.is_in(other.implode())
        lost = one.filter(~found), other.filter(~other.is_in(one.implode()))
        examples = (first(few) or first(ids) for few, ids in zip(lost, (one, other), strict=True))
        return cls(file, what, int(found.sum()), len(one), len(other), *examples)

    @property
    def share(self) -> float:
        """Of the side with fewer; 0 where one is empty."""
        return self.matched / max(min(self.ours, self.theirs), 1)

    def check(self, least: float, key: str, hint: str) -> None:
        """Say how many are found; OrthrusError as from `refuse`."""
        self.refuse(least, key, hint)
        self.tell()

    def refuse(self, least: float, key: str, hint: str) -> None:
        """Refuse a join that found too few.

        Raises
        ------
        OrthrusError
            Their share is below `least`, the setting `key`; `hint` says what to do.
        """
        if self.share < least:
            few = f"only {self.matched:,}" if self.matched else "none"
            raise OrthrusError(
                f"{self.file}: names {few} of the {self.what} ({self.matched:,} of "
                f"{min(self.ours, self.theirs):,}, less than {key} = {least:g}), which are called "
                f"{self.example}, in the file {self.other}; {hint}, or lower {key}"
            )

    def tell(self) -> None:
        """Say how many are found."""
        say(f"{self.file}: names {self.matched:,} of {self.ours:,} {self.what}")


def first(ids: pl.Series) -> str | None:
    """Return the first of some identifiers, None where there is none."""
    return ids[0] if len(ids) else None
