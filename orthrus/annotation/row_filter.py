"""Rows that are still standing, and why the others fell."""

from __future__ import annotations

import polars as pl

from orthrus.annotation.exons import Exons
from orthrus.schemas import DROPPED


class RowFilter:
    """Takes rows away one reason at a time; every row ends up standing, rejected or excluded.

    Parameters
    ----------
    rows
        A table with `ROWS`' columns at least.
    """

    def __init__(self, rows: pl.DataFrame) -> None:
        self._rows = rows
        self._rejected: list[pl.DataFrame] = []
        self._excluded: list[pl.DataFrame] = []
        self._exons: Exons | None = None

    @property
    def rows(self) -> pl.DataFrame:
        """The rows that stand."""
        return self._rows

    @rows.setter
    def rows(self, rows: pl.DataFrame) -> None:
        self._rows = rows
        self._exons = None

    @property
    def exons(self) -> Exons:
        """The exons of the rows that stand; their lists must be of equal length by now."""
        if self._exons is None:
            self._exons = Exons.of(self.rows)
        return self._exons

    def reject(
        self, bad: pl.Expr | pl.Series, reason: str | pl.Expr, detail: pl.Expr | None = None
    ) -> None:
        """Take away malformed rows: those where `bad` is true."""
        self._take(bad, reason, detail, self._rejected)

    def exclude(self, bad: pl.Expr | pl.Series, reason: str, detail: pl.Expr | None = None) -> None:
        """Take away rows that a policy does not want: those where `bad` is true."""
        self._take(bad, reason, detail, self._excluded)

    @property
    def rejected(self) -> pl.DataFrame:
        """The malformed rows (contract DROPPED), in file order."""
        return _gather(self._rejected)

    @property
    def excluded(self) -> pl.DataFrame:
        """The unwanted rows (contract DROPPED), in file order."""
        return _gather(self._excluded)

    def _take(
        self,
        bad: pl.Expr | pl.Series,
        reason: str | pl.Expr,
        detail: pl.Expr | None,
        heap: list[pl.DataFrame],
    ) -> None:
        mask = self.rows.select(bad=bad).to_series().fill_null(False)
        if not mask.any():
            return
        heap.append(
            self.rows.filter(mask).select(
                "transcript_id",
                "chrom",
                (pl.lit(reason) if isinstance(reason, str) else reason).alias("reason"),
                (pl.lit(None, pl.String) if detail is None else detail).alias("detail"),
                "source_row",
            )
        )
        self.rows = self.rows.filter(~mask)


def reasons(dropped: pl.DataFrame) -> dict[str, int]:
    """Count the rows of contract DROPPED by reason, most frequent first."""
    counts = dropped["reason"].value_counts(name="count")
    return dict(counts.sort("count", "reason", descending=[True, False]).iter_rows())


def tell(dropped: pl.DataFrame, what: str) -> str:
    """Say how many rows of contract DROPPED there are and why: `3 rejected (strand 2, name 1)`."""
    each = ", ".join(f"{reason} {count:,}" for reason, count in reasons(dropped).items())
    return f"{len(dropped):,} {what}" + (f" ({each})" if each else "")


def _gather(heap: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([DROPPED.empty(), *heap]).sort("source_row", maintain_order=True)
