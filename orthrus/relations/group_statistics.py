"""What explains the numbers of gene groups: pooled ids, shared symbols, sets without genes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from orthrus.annotation.gene_ids import geneless

EXAMPLES = 3


@dataclass(frozen=True)
class GeneFacts:
    """Facts that explain the numbers of groups and pairs.

    Attributes
    ----------
    pooled
        How many gene ids are in one group with another gene id of their species.
    shared
        Symbols of several gene ids of a species, which join nothing.
    geneless
        Reference sets whose transcripts nearly all have no gene, and why.
    """

    pooled: int
    shared: tuple[str, ...]
    geneless: dict[str, str]

    @classmethod
    def of(cls, references: pl.DataFrame) -> GeneFacts:
        """Gather them from reference transcripts with what `reference_keys` adds."""
        ids = references.select("species", "key", "id").drop_nulls().unique()
        groups = ids.group_by("species", "key").len("ids")
        shared = references["shared"].drop_nulls().unique(maintain_order=True)
        sets = references.partition_by("annotation_set", as_dict=True, include_key=False)
        told = {str(name): geneless(rows) for (name,), rows in sets.items()}
        return cls(
            int(groups.filter(pl.col("ids") > 1)["ids"].sum()),
            tuple(shared),
            {name: why for name, why in told.items() if why},
        )

    def counts(self) -> dict[str, Any]:
        """Return them ready for JSON."""
        return {
            "pooled_gene_ids": self.pooled,
            "shared_symbols": len(self.shared),
            "sets_without_genes": self.geneless,
        }

    def lines(self) -> list[str]:
        """Return them as lines for people."""
        found = [f"{name}: {why}" for name, why in self.geneless.items()]
        if self.pooled:
            found.append(
                f"{self.pooled:,} gene ids share a group with another gene id of their species"
            )
        if self.shared:
            found.append(
                f"{len(self.shared):,} symbols have several gene ids in one species "
                f"({', '.join(self.shared[:EXAMPLES])}); their genes stay apart"
            )
        return found
