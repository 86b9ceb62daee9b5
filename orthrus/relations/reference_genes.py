"""The genes of the assembly that projections come from, and which of them a projection is of."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from orthrus.array_types import Int32s
from orthrus.config.relations import CrossSpecies
from orthrus.identifiers import comparable
from orthrus.relations.group_keys import gene_key, symbol_key
from orthrus.relations.string_index import MISSING, Lookup, StringInterner, unknown
from orthrus.strings import filled, folded, format_expr

PARTS = ("reference_transcript", "gene_id", "gene_name")


@dataclass
class Keys:
    """The keys of groups, as numbers, and what people call them."""

    numbers: StringInterner = field(default_factory=StringInterner)
    named: list[pl.DataFrame] = field(default_factory=list)

    def of(self, frame: pl.DataFrame) -> Int32s:
        """Return the numbers of the column `key`, -1 for null; the first `name` is kept."""
        keys = self.numbers.of(frame["key"])
        named = frame.select(pl.Series("key", keys), "name").filter(pl.col("key") >= 0)
        self.named.append(named.unique("key", keep="first", maintain_order=True))
        return keys


class ReferenceGenes:
    """The genes of the assembly that projections come from."""

    def __init__(
        self, assembly: str, references: pl.DataFrame, cross_species: CrossSpecies, keys: Keys
    ) -> None:
        self._own = references.filter(pl.col("assembly") == assembly)
        self._assembly, self._cross_species, self._keys = assembly, cross_species, keys
        species = self._own["species"].head(1).to_list()
        self._species = species[0] if species else f"the species of {assembly}"
        of_species = references.filter(pl.col("species") == self._species)
        self._shared = of_species["shared"].drop_nulls().unique().implode()
        nothing = pl.Series([], dtype=pl.String)
        exact, bare = pl.col("transcript_id"), comparable(pl.col("transcript_id"))
        self._rows = self._lookup(exact.append(bare), pl.col("row").append("row"))
        self._bare_rows = self._lookup(bare, pl.col("row"))
        self._versions = Lookup(nothing, unknown(nothing), self._row_by_bare)
        self._genes = self._lookup(comparable(pl.col("gene_id")), pl.col("key"))
        self._loose = Lookup(nothing, unknown(nothing), self._key_by_gene)

    def exact(self, names: pl.Series) -> Int32s:
        """Return the rows of reference transcripts by exact id, or an id without version."""
        return self._rows.known(names)

    def inexact(self, names: pl.Series) -> Int32s:
        """Return the rows of reference transcripts that share an id's part before the version."""
        return self._versions.find(names)

    def _row_by_bare(self, names: pl.Series) -> Int32s:
        return self._bare_rows.known(_bare(names))

    def loose_keys(self, lost: pl.DataFrame) -> Int32s:
        """Return the keys of projections whose reference transcript no set has.

        `lost` has their `row`, `annotation_set` and `PARTS`.
        """
        parts = pl.concat_str(pl.col(*PARTS).fill_null(""), separator="\t")
        found = self._loose.find(lost.select(parts.alias("parts")).to_series())
        alone = found == MISSING
        if alone.any():
            named = lost.filter(alone).select(
                format_expr("projection\t{}", "row").alias("key"),
                format_expr("a projection of {}", "annotation_set").alias("name"),
            )
            found[alone] = self._keys.of(named)
        return found

    def _lookup(self, names: pl.Expr, values: pl.Expr) -> Lookup:
        chosen = self._own.select(names.alias("name"), values.alias("value"))
        return Lookup(chosen["name"], chosen["value"].to_numpy(), unknown)

    def _key_by_gene(self, texts: pl.Series) -> Int32s:
        """Return the keys by rules 2 to 4; `texts` are `PARTS`, joined by tabs."""
        parts = texts.str.split_exact("\t", len(PARTS) - 1).struct.rename_fields(PARTS)
        frame = parts.struct.unnest().with_columns(filled(pl.col(*PARTS)).name.keep())
        keys = self._genes.find(_bare(frame["gene_id"]))
        source = comparable(pl.col("reference_transcript"))
        symbol, species = folded(pl.col("gene_name")), pl.lit(self._species)
        named = frame.with_columns(
            pl.coalesce(
                symbol_key(
                    species, self._cross_species, pl.when(~symbol.is_in(self._shared)).then(symbol)
                ),
                gene_key(species, comparable(pl.col("gene_id"))),
                format_expr("projections\t{}\t{}", pl.lit(self._assembly), source),
            ).alias("key"),
            known_as("reference_transcript"),
        )
        loose = keys == MISSING
        keys[loose] = self._keys.of(named.filter(pl.Series(loose)))
        return keys


def _bare(names: pl.Series) -> pl.Series:
    return names.to_frame("name").select(comparable(pl.col("name"))).to_series()


def known_as(otherwise: str) -> pl.Expr:
    """Return what people call the group of a transcript."""
    name, gene = filled(pl.col("gene_name")), filled(pl.col("gene_id"))
    return pl.coalesce(name, gene, otherwise).alias("name")
