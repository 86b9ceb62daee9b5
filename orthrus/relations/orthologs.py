"""Orthologs of two reference species, from BioMart's table: which gene groups become one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from orthrus.array_types import Int32s
from orthrus.config.relations import GroupSettings
from orthrus.errors import OrthrusError
from orthrus.identifiers import comparable
from orthrus.joins import Join, first
from orthrus.relations.biomart import read_biomart
from orthrus.relations.homology import components
from orthrus.relations.string_index import MISSING, Lookup, unknown
from orthrus.strings import folded

HEADERS = {
    "first_id": r"gene stable id( version)?|ensembl_gene_id(_version)?",
    "first_name": r"gene name|external_gene_name",
    "second_id": r".+ gene stable id( version)?|\w+_homolog_ensembl_gene",
    "second_name": r"(?!external_).+ gene name|\w+_homolog_associated_gene_name",
    "type": r".+ homology type|\w+_homolog_orthology_type",
}
"""BioMart's columns by display name and by attribute."""

SIDES = ("first", "second")
KEY = "relations.groups.min_matched"

REQUIRED = ("first_id", "second_id", "type")


@dataclass(frozen=True)
class Orthologs:
    """Accepted pairs of genes.

    Attributes
    ----------
    path
        Of their table.
    assemblies
        The assemblies of the first and of the second gene.
    pairs
        `first_id`, `first_name`, `second_id`, `second_name`; ids without version.
    min_matched
        As in `GroupSettings`.
    """

    path: Path
    assemblies: tuple[str, str]
    pairs: pl.DataFrame
    min_matched: float

    def merge(self, references: pl.DataFrame, keys: int) -> Int32s:
        """Return the (keys,) int32 numbers of merged groups.

        A gene is found by its id, else by its symbol, unless that is shared.

        Parameters
        ----------
        references
            Reference transcripts: `assembly`, `gene_id`, `gene_name`, `shared`, `key`.
        keys
            The number of keys.

        Raises
        ------
        OrthrusError
            No pair has both its genes there.
        """
        genes = [references.filter(pl.col("assembly") == assembly) for assembly in self.assemblies]
        keys_found = [self._find(own, side) for own, side in zip(genes, SIDES, strict=True)]
        found = np.stack(keys_found, axis=1)
        edges = found[(found != MISSING).all(axis=1)]
        if not len(edges):
            raise OrthrusError(
                f"{self.path}: none of {len(self.pairs)} ortholog pairs is of a gene of "
                f"{self.assemblies[0]} and one of {self.assemblies[1]}; name the assemblies of the "
                "table in ortholog_assemblies"
            )
        for of_side in zip(self.assemblies, genes, SIDES, keys_found, strict=True):
            self._check(*of_side)
        return components(edges.astype(np.int64), keys).astype(np.int32)

    def _check(self, assembly: str, own: pl.DataFrame, side: str, found: Int32s) -> None:
        """Tell how many genes of an assembly the table names; OrthrusError where they are few."""
        ids = self.pairs[f"{side}_id"]
        lost = ids.filter(pl.Series(found == MISSING))
        of_pair = own.filter(~pl.col("key").is_in(pl.Series(found).implode()))
        Join(
            self.path,
            f"genes of {assembly}",
            len(np.unique(found[found != MISSING])),
            own["key"].n_unique(),
            ids.n_unique(),
            *(first(names) for names in (_named(of_pair), lost)),
        ).check(self.min_matched, KEY, "take the table of these species")

    def _find(self, references: pl.DataFrame, side: str) -> Int32s:
        """Return the key of one gene of every pair, `MISSING` where it has none."""
        key = references["key"].to_numpy()
        own_symbol = pl.when(pl.col("shared").is_null()).then(folded(pl.col("gene_name")))
        by_id, by_name = (
            Lookup(references.select(names).to_series(), key, unknown).find(
                self.pairs.select(wanted).to_series()
            )
            for names, wanted in (
                (comparable(pl.col("gene_id")), pl.col(f"{side}_id")),
                (own_symbol, folded(pl.col(f"{side}_name"))),
            )
        )
        return np.where(by_id == MISSING, by_name, by_id)


def read_orthologs(path: Path, settings: GroupSettings) -> Orthologs:
    """Read an ortholog table (see `read_biomart`) and keep the pairs that `settings` accept.

    Raises
    ------
    OrthrusError
        The file is not such a table, or holds no accepted pair.
    """
    table = read_biomart(path, "orthologs", HEADERS, REQUIRED)
    accepted = table.filter(
        pl.col("second_id").is_not_null()
        & ((pl.col("type") == "ortholog_one2one") | (settings.orthologs == "all"))
    )
    if accepted.is_empty():
        raise OrthrusError(
            f"{path}: holds no ortholog pair (orthologs={settings.orthologs}); fetch it again"
        )
    ids = (comparable(pl.col("first_id", "second_id")),)
    pairs = accepted.with_columns(*ids).select("first_id", "first_name", "second_id", "second_name")
    return Orthologs(path, settings.ortholog_assemblies, pairs, settings.min_matched)


def _named(references: pl.DataFrame) -> pl.Series:
    """Return what the genes of transcripts are called."""
    return references.select(pl.coalesce("gene_id", "gene_name", "transcript_id")).to_series()
