"""Gene groups: which transcripts, of any species, are taken for products of one gene.

A group is named by a key, the same text for all its transcripts. The rules, first match first:

Reference transcripts (`origin` is `annotation`)
    1. the gene symbol, without case; across species when `meet` is `symbol`, else within the
       species;
    2. the gene id, within the species;
    3. the transcript alone.

TOGA projections (set `<assembly>.toga_<reference>`)
    1. the group of the reference transcript they were projected from: of the sets on assembly
       `<reference>`, the exact id decides, then the id without version; among equals the first
       in global row order;
    2. the group of the reference gene with the same gene id on that assembly;
    3. the symbol, then the gene id, as for a reference transcript of the reference's species;
    4. all projections of the same reference transcript, from any query;
    5. the projection alone.

When `meet` is `orthologs`, groups that hold the two genes of an accepted pair become one.

The tables pass one by one: nothing is kept of a projection but integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from orthrus.config.relations import Meet
from orthrus.errors import OrthrusError
from orthrus.relations.kernels import gather, number_by_appearance
from orthrus.relations.lookup import MISSING, Lookup, Numbers, unknown
from orthrus.relations.orthologs import Orthologs
from orthrus.relations.stores import SetTable, read_ahead
from orthrus.relations.threads import READERS, ahead
from orthrus.texts import filled, folded, spelled, unversioned

Ints = npt.NDArray[np.int64]
Int32s = npt.NDArray[np.int32]

GENE = ("gene_id", "gene_name")
REFERENCE = ("transcript_id", *GENE, "length")
PARTS = ("reference_transcript", *GENE)
PROJECTION = (*PARTS, "length")

BATCH = 100_000
"""Projections that no exact id places, looked up at once."""


@dataclass(frozen=True)
class Grouped:
    """The groups of all transcripts, each array (n,) int32 unless said otherwise.

    Attributes
    ----------
    group
        Numbered by first appearance.
    reference_row
        Global row of a projection's reference transcript, else -1.
    length
        Of the transcript, nt.
    names
        (groups,) by what people know a group: the symbol, else the gene id, else the id of its
        first reference transcript; without one, the same of its first projection from the first
        assembly that has some.
    """

    group: Int32s
    reference_row: Int32s
    length: Int32s
    names: pl.Series


@dataclass
class Keys:
    """The keys of groups, as numbers, and what people call them."""

    numbers: Numbers = field(default_factory=Numbers)
    named: list[pl.DataFrame] = field(default_factory=list)

    def of(self, frame: pl.DataFrame) -> Int32s:
        """Return the numbers of the column `key`, -1 for null; the first `name` is kept."""
        keys = self.numbers.of(frame["key"])
        named = frame.select(pl.Series("key", keys), "name").filter(pl.col("key") >= 0)
        self.named.append(named.unique("key", keep="first", maintain_order=True))
        return keys


def group_transcripts(
    sets: Sequence[SetTable], meet: Meet, orthologs: Orthologs | None = None
) -> Grouped:
    """Assign every transcript to a gene group.

    Parameters
    ----------
    sets
        As from `stores.open_tables`.
    meet
        How genes of different species come into one group (see `GroupSettings`).
    orthologs
        The accepted pairs, when `meet` is `orthologs`.

    Raises
    ------
    OrthrusError
        A table cannot be read, a set with projections is not named `<assembly>.toga_<reference>`,
        or no pair of `orthologs` is in the reference sets.
    """
    total = sets[-1].end
    projected = [(_reference_assembly(table), table) for table in sets if table.is_toga]
    keys, key = Keys(), np.empty(total, dtype=np.int32)
    parents, length = np.empty(total, dtype=np.int32), np.empty(total, dtype=np.int32)

    references = _read_references([table for table in sets if not table.is_toga], meet, keys)
    rows = references["row"].to_numpy()
    key[rows], length[rows] = references["key"].to_numpy(), references["length"].to_numpy()
    parents[rows] = MISSING

    work: list[tuple[Home, SetTable]] = []
    for assembly in dict.fromkeys(assembly for assembly, _ in projected):
        home = Home(assembly, references, meet, keys)
        work += [(home, table) for of, table in projected if of == assembly]
    placed = ahead(lambda item: _place(*item, key, parents, length), work, READERS)
    for home, parts in groupby(placed, key=lambda item: item[0][0]):
        for lost in _batches(found for _, found in parts):
            rows = lost["row"].to_numpy()
            parents[rows] = home.inexact(lost["reference_transcript"])
            key[rows] = key[parents[rows]]
            loose = parents[rows] == MISSING
            if loose.any():
                key[rows[loose]] = home.loose_keys(lost.filter(loose))

    numbers = np.full(keys.numbers.count, MISSING, dtype=np.int32)
    if orthologs is not None:
        merged = orthologs.merge(references, keys.numbers.count)
        key = merged[key]
        keys.named = [
            named.with_columns(pl.Series("key", merged[named["key"]])) for named in keys.named
        ]
    groups = number_by_appearance(key, numbers)
    return Grouped(key, parents, length, _names(keys, numbers, groups))


def _place(home: Home, table: SetTable, key: Int32s, parents: Int32s, length: Int32s) -> pa.Table:
    """Place the projections of one table by exact id; return what is known of the others.

    The arrays are of all transcripts. Until they are placed too, the keys of others mean nothing.
    """
    frame, part = table.read(PROJECTION), slice(table.start, table.end)
    length[part] = frame["length"].to_numpy()
    parents[part] = home.exact(frame["reference_transcript"])
    gather(key, parents[part], key[part])
    lost = parents[part] == MISSING
    rows, chosen = table.start + np.flatnonzero(lost), pl.Series(lost)
    # As Arrow's arrays, which are copies: polars's views would hold on to whole columns, and its
    # frames take a while to make.
    return pa.table(
        {"row": rows, "annotation_set": pa.repeat(table.annotation_set, len(rows))}
        | {name: frame[name].filter(chosen).to_arrow() for name in PARTS}
    )


def _read_references(sets: Sequence[SetTable], meet: Meet, keys: Keys) -> pl.DataFrame:
    """Return the reference transcripts: `row`, `assembly`, `species`, `REFERENCE` and `key`."""
    frames = [
        frame.select(
            pl.int_range(table.start, table.end, dtype=pl.Int32).alias("row"),
            pl.lit(table.assembly).alias("assembly"),
            pl.lit(table.species).alias("species"),
            *REFERENCE,
        )
        for table, frame in read_ahead(sets, REFERENCE)
    ]
    if not frames:
        raise OrthrusError(
            "no store given holds reference transcripts (origin annotation), so there are no "
            "pairs; add an annotated assembly"
        )
    frame = pl.concat(frames)
    alone = spelled("transcript\t{}", "row")
    named = frame.with_columns(
        pl.coalesce(*gene_keys(pl.col("species"), meet), alone).alias("key"),
        _known_as("transcript_id"),
    )
    return frame.with_columns(pl.Series("key", keys.of(named)))


class Home:
    """The genes of the assembly that projections come from."""

    def __init__(self, assembly: str, references: pl.DataFrame, meet: Meet, keys: Keys) -> None:
        self._own = references.filter(pl.col("assembly") == assembly)
        self._assembly, self._meet, self._keys = assembly, meet, keys
        species = self._own["species"].head(1).to_list()
        self._species = species[0] if species else f"the species of {assembly}"
        nothing = pl.Series([], dtype=pl.String)
        exact, bare = pl.col("transcript_id"), unversioned(pl.col("transcript_id"))
        self._rows = self._lookup(exact.append(bare), pl.col("row").append("row"))
        self._bare_rows = self._lookup(bare, pl.col("row"))
        self._versions = Lookup(nothing, unknown(nothing), self._row_by_bare)
        self._genes = self._lookup(unversioned(filled(pl.col("gene_id"))), pl.col("key"))
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
                spelled("projection\t{}", "row").alias("key"),
                spelled("a projection of {}", "annotation_set").alias("name"),
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
        source = unversioned(pl.col("reference_transcript"))
        gene = gene_keys(pl.lit(self._species), self._meet)
        named = frame.with_columns(
            pl.coalesce(
                *gene, spelled("projections\t{}\t{}", pl.lit(self._assembly), source)
            ).alias("key"),
            _known_as("reference_transcript"),
        )
        loose = keys == MISSING
        keys[loose] = self._keys.of(named.filter(pl.Series(loose)))
        return keys


def _batches(parts: Iterable[pa.Table]) -> Iterator[pl.DataFrame]:
    """Join small tables that are not empty: a call takes longer than a few hundred rows."""
    held: list[pa.Table] = []
    for part in parts:
        if len(part):
            held.append(part)
        if sum(map(len, held)) > BATCH:
            yield pl.DataFrame(pa.concat_tables(held))
            held = []
    if held:
        yield pl.DataFrame(pa.concat_tables(held))


def _bare(names: pl.Series) -> pl.Series:
    return names.to_frame("name").select(unversioned(pl.col("name"))).to_series()


def _reference_assembly(table: SetTable) -> str:
    """Return the reference that the name of a set with projections tells."""
    _, toga, assembly = table.annotation_set.partition(".toga_")
    if not toga or not assembly:
        raise OrthrusError(
            f"annotation set {table.annotation_set}: holds TOGA projections but is not named "
            "<assembly>.toga_<reference assembly>; rename it"
        )
    return assembly


def gene_keys(species: pl.Expr, meet: Meet) -> tuple[pl.Expr, pl.Expr]:
    """Return the keys by symbol and by gene id; null where there is none."""
    symbol, gene = folded(pl.col("gene_name")), unversioned(filled(pl.col("gene_id")))
    scope = pl.lit("") if meet == "symbol" else species
    return spelled("symbol\t{}\t{}", scope, symbol), spelled("gene\t{}\t{}", species, gene)


def _known_as(otherwise: str) -> pl.Expr:
    """Return what people call the group of a transcript."""
    name, gene = filled(pl.col("gene_name")), filled(pl.col("gene_id"))
    return pl.coalesce(name, gene, otherwise).alias("name")


def _names(keys: Keys, numbers: Int32s, groups: int) -> pl.Series:
    """Return the first name of every group."""
    named = pl.concat(keys.named).unique("key", keep="first", maintain_order=True)
    group = numbers[named["key"]]
    order = np.full(groups, MISSING)
    order[group[group >= 0]] = np.flatnonzero(group >= 0)
    return named["name"].gather(order)
