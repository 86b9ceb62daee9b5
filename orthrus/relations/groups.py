"""Gene groups: which transcripts, of any species, are taken for products of one gene.

A group is named by a key, the same text for all its transcripts. The rules, first match first:

Reference transcripts (`origin` is `annotation`), see `orthrus.relations.group_keys`
    1. within the species the gene id, and the symbol of a transcript without one;
    2. across species, when `cross_species` is `symbol`, the symbol, unless it is shared by several
       gene ids of the species;
    3. the transcript alone.
    When `within` is `symbol` the symbol decides first, within the species and across.

TOGA projections (set `<assembly>.toga_<reference>`)
    1. the group of the reference transcript they were projected from: of the sets on assembly
       `<reference>`, the exact id decides, then the id without version; among equals the first
       in global row order;
    2. the group of the reference gene with the same gene id on that assembly;
    3. the symbol, unless it is shared, then the gene id, as for a reference transcript of the
       reference's species;
    4. all projections of the same reference transcript, from any query;
    5. the projection alone.

When `cross_species` is `orthologs`, groups that hold the two genes of an accepted pair become one.

The tables pass one by one: nothing is kept of a projection but integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import polars as pl
import pyarrow as pa

from orthrus.array_types import Int32s
from orthrus.config.relations import CrossSpecies, Within
from orthrus.errors import OrthrusError
from orthrus.relations.group_keys import reference_keys
from orthrus.relations.group_statistics import GeneFacts
from orthrus.relations.kernels import gather, number_by_appearance
from orthrus.relations.orthologs import Orthologs
from orthrus.relations.reference_genes import PARTS, Keys, ReferenceGenes, known_as
from orthrus.relations.store_tables import SetTable, read_ahead
from orthrus.relations.string_index import MISSING
from orthrus.relations.threads import READERS, prefetch

REFERENCE = ("transcript_id", "gene_id", "gene_name", "length")
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
    genes
        What is to be told of the genes of reference transcripts.
    """

    group: Int32s
    reference_row: Int32s
    length: Int32s
    names: pl.Series
    genes: GeneFacts


def group_transcripts(
    sets: Sequence[SetTable],
    cross_species: CrossSpecies,
    orthologs: Orthologs | None = None,
    within: Within = "gene_id",
) -> Grouped:
    """Assign every transcript to a gene group.

    Parameters
    ----------
    sets
        As from `stores.open_tables`.
    cross_species
        How genes of different species come into one group (see `GroupSettings`).
    orthologs
        The accepted pairs, when `cross_species` is `orthologs`.
    within
        What makes transcripts of a species those of one gene.

    Raises
    ------
    OrthrusError
        A table cannot be read, a set with projections is not named `<assembly>.toga_<reference>`,
        or no pair of `orthologs` is in the reference sets.
    """
    total = sets[-1].end
    projected = [(reference_assembly(table), table) for table in sets if table.is_toga]
    keys, key = Keys(), np.empty(total, dtype=np.int32)
    parents, length = np.empty(total, dtype=np.int32), np.empty(total, dtype=np.int32)

    own = [table for table in sets if not table.is_toga]
    references = _read_references(own, cross_species, within, keys)
    rows = references["row"].to_numpy()
    key[rows], length[rows] = references["key"].to_numpy(), references["length"].to_numpy()
    parents[rows] = MISSING

    work: list[tuple[ReferenceGenes, SetTable]] = []
    for assembly in dict.fromkeys(assembly for assembly, _ in projected):
        home = ReferenceGenes(assembly, references, cross_species, keys)
        work += [(home, table) for of, table in projected if of == assembly]
    placed = prefetch(lambda item: _place(*item, key, parents, length), work, READERS)
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
    names = _names(keys, numbers, groups)
    return Grouped(key, parents, length, names, GeneFacts.of(references))


def _place(
    home: ReferenceGenes, table: SetTable, key: Int32s, parents: Int32s, length: Int32s
) -> pa.Table:
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


def _read_references(
    sets: Sequence[SetTable], cross_species: CrossSpecies, within: Within, keys: Keys
) -> pl.DataFrame:
    """Return reference transcripts: `row`, their set, `REFERENCE`, and what `reference_keys` adds.

    Their `key` is a number.
    """
    frames = [
        frame.select(
            pl.int_range(table.start, table.end, dtype=pl.Int32).alias("row"),
            pl.lit(table.annotation_set).alias("annotation_set"),
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
    frame = reference_keys(pl.concat(frames), cross_species, within)
    named = frame.with_columns(known_as("transcript_id"))
    return frame.with_columns(pl.Series("key", keys.of(named)))


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


def reference_assembly(table: SetTable) -> str:
    """Return the reference that the name of a set with projections tells."""
    _, toga, assembly = table.annotation_set.partition(".toga_")
    if not toga or not assembly:
        raise OrthrusError(
            f"annotation set {table.annotation_set}: holds TOGA projections but is not named "
            "<assembly>.toga_<reference assembly>; rename it"
        )
    return assembly


def _names(keys: Keys, numbers: Int32s, groups: int) -> pl.Series:
    """Return the first name of every group."""
    named = pl.concat(keys.named).unique("key", keep="first", maintain_order=True)
    group = numbers[named["key"]]
    order = np.full(groups, MISSING)
    order[group[group >= 0]] = np.flatnonzero(group >= 0)
    return named["name"].gather(order)
