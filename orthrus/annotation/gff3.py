"""GFF3 as NCBI, Ensembl and GENCODE write it: features linked by ID and Parent.

A transcript is whatever is the parent of an exon or a CDS. Without exon lines its exons are its CDS
parts (NCBI's mitochondrial genes), together with the UTRs that touch them (JGI). The CDS includes
the stop codon.

Nothing in GFF3 says whether a CDS is complete. Its start is `cmpl` when it begins in frame, its
stop when the frames end with a whole codon, unless a tag (`cds_start_NF`, `cds_end_NF`) or NCBI's
`start_range`, `end_range` (genomic left, right) denies it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

from orthrus.annotation.attributes import of_gff3 as attribute
from orthrus.annotation.attributes import unescaped
from orthrus.annotation.attributes import written_in_gff3 as written
from orthrus.annotation.features import assemble, coding_parts, phases, read_features
from orthrus.annotation.gtf import completeness
from orthrus.annotation.implied_exons import OTHER_NAMES, exon_parts, fit_stops
from orthrus.annotation.lines import Block
from orthrus.annotation.parent_conflicts import clashes, spliced_in_trans
from orthrus.annotation.schema import as_rows
from orthrus.identifiers import published
from orthrus.strings import format_expr

SEQUENCES = re.compile(rb"\n(?:>|##FASTA[ \t\r]*(?:\n|$))")
"""How the lines of sequences begin: a directive alone on its line, or a first name."""
PARTS = ("exon", "other_exon", "CDS", "stop_codon", "UTR")
TRANSCRIPT = r"(?i)(RNA|transcript|transcript_variant)$"
"""How types of transcripts end; a `transcription_start_site` is none."""


def parse(blocks: Iterable[Block], path: str | Path) -> pl.DataFrame:
    """Parse GFF3 text into `ROWS`: one row per transcript.

    A line that cannot be read causes its transcript to be rejected; one whose transcript cannot be
    told is a row of its own.
    """
    lines = pl.concat(_read(block, path) for block in _features(blocks))
    parts = lines.filter(_is_part())
    lost = parts.filter(pl.col("parent").is_null())
    orphan = pl.when(pl.col("fault").is_null()).then(pl.lit("no Parent"))
    lost = lost.with_columns(
        pl.col("fault").fill_null("attributes"), transcript_id=None, detail=orphan
    )
    parts = _by_parent(parts.filter(pl.col("parent").is_not_null()), lines)
    # UTRs alone make no transcript: some are children of genes.
    keys = parts.filter(pl.col("feature") != "UTR").select("parent").unique(maintain_order=True)
    keys = keys.with_columns(key=pl.int_range(pl.len(), dtype=pl.Int64))
    parts = parts.join(keys, on="parent", maintain_order="left")
    readable = parts.filter(pl.col("fault").is_null())
    coding = coding_parts(readable)
    rows, exons = fit_stops(_transcripts(lines, parts), exon_parts(readable), coding)
    rows = assemble(rows, exons, coding)
    marked = rows.join(_ends(readable, coding), on="key", how="left", maintain_order="left")
    marked = marked.with_columns(*_marks())
    rows = pl.concat(map(as_rows, (marked, lost, _childless(lines, keys))))
    return rows.sort("source_row", maintain_order=True)


def _by_parent(parts: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Return a line for each `parent`, but for the protein whose transcript is a parent too."""
    names = pl.col("parent").str.split(",")
    parts = parts.with_columns(parent=names, several=names.list.len() > 1).explode("parent")
    parts = parts.with_columns(unescaped(pl.col("parent")))
    proteins = lines.filter(pl.col("feature").is_in(["protein", "polypeptide"]))["id"]
    return parts.filter(~(pl.col("several") & pl.col("parent").is_in(proteins.implode())))


def _is_part() -> pl.Expr:
    """Return whether a line is part of a transcript; NCBI has UTRs of viruses that are of none."""
    unowned = (pl.col("feature") == "UTR") & pl.col("parent").is_null()
    return (pl.col("feature").is_in(PARTS) & ~unowned).fill_null(False) | (
        pl.col("fault") == "columns"
    ).fill_null(False)


def _features(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield the lines before the sequences that may follow them."""
    for block in blocks:
        text = b"".join((b"\n", *block.parts))
        found = SEQUENCES.search(text)
        if found:
            yield Block((text[1 : found.start() + 1],), block.before)
            return
        yield block


def _read(block: Block, path: str | Path) -> pl.DataFrame:
    """Return lines with 0-based `start` and `end`, `id`, `parent` (as written) and `fault`.

    The many parts keep nothing else of their attributes than what `_ends` and `clashes` ask for;
    CDS parts keep their ID (`cds`) and `protein`. `trans` marks transcripts spliced in trans.
    """
    lines = read_features(block, path).with_columns(
        pl.col("feature").replace(OTHER_NAMES),
        id=attribute("ID"),
        parent=written("Parent"),
        phase=phases(pl.col("phase")),
        trans=spliced_in_trans(),
    )
    part, cds = _is_part(), pl.col("feature") == "CDS"
    transcript = pl.col("feature").str.contains(TRANSCRIPT).fill_null(False)
    asked = pl.col("attributes").str.contains("_range=", literal=True) | pl.col("trans")
    return lines.filter(part | transcript | pl.col("id").is_not_null()).select(
        "source_row", "chrom", "feature", "start", "end", "strand", "phase", "fault", "parent",
        "trans",
        pl.when(~part).then("id").alias("id"),
        pl.when(cds).then("id").alias("cds"),
        pl.when(cds).then(attribute("protein_id")).alias("protein"),
        pl.when(~part | asked).then("attributes").alias("attributes"),
    )  # fmt: skip


def _childless(lines: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """Return the transcripts that no exon or CDS line names.

    An RNA of another RNA, as a microRNA of its precursor, is a piece of that one; but an RNA
    without exons whose transcripts have some is a gene (Ensembl 84).
    """
    found = lines.filter(pl.col("feature").str.contains(TRANSCRIPT) & ~_is_part())
    found = found.with_columns(unescaped(pl.col("parent")))
    whole = found["id"].is_in(keys["parent"].implode()).fill_null(False)
    genes = found.filter(whole)["parent"].drop_nulls()
    genes = genes.filter(~genes.is_in(keys["parent"].implode()))
    pieces = pl.col("parent").is_in(found["id"].drop_nulls().implode())
    pieces &= ~pl.col("parent").is_in(genes.implode())
    gene = pl.col("id").is_in(genes.implode()).fill_null(False)
    found = found.filter(~whole & ~gene & ~pieces.fill_null(False))
    return found.with_columns(fault=pl.lit("no_exon"), transcript_id=_transcript_id())


def _transcripts(lines: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """Return one row per `key`, from the line with that ID and the gene it belongs to."""
    here = ("chrom", "strand")
    summary = parts.group_by("key", maintain_order=True).agg(
        pl.col("parent").first(),
        pl.col("source_row").min().alias("first_row"),
        pl.col("fault").drop_nulls().first(),
        pl.col("trans").any().alias("part_trans"),
        *(pl.col(name).drop_nulls().unique().sort().alias(f"part_{name}") for name in here),
    )
    rows = summary.join(_own(lines), on="parent", how="left", maintain_order="left")
    rows = rows.with_columns(trans=pl.col("trans").fill_null(False) | pl.col("part_trans"))
    rows = rows.join(clashes(rows, parts), on="key", how="left", maintain_order="left")
    missing = pl.col("own_row").is_null()
    alone = pl.when(missing).then(format_expr('Parent "{}" has no line of its own', "parent"))
    name = published(pl.col("parent"))
    return rows.with_columns(
        transcript_id=pl.when(missing).then(name).otherwise("transcript_id"),
        chrom=pl.coalesce("chrom", pl.col("part_chrom").list.first()),
        source_row=pl.coalesce("own_row", "first_row"),
        fault=pl.coalesce(
            "fault", "own_fault", pl.when(missing).then(pl.lit("attributes")), "clash"
        ),
        detail=pl.when(pl.coalesce("fault", "own_fault").is_null()).then(
            pl.coalesce(alone, "detail")
        ),
    )


def _own(lines: pl.DataFrame) -> pl.DataFrame:
    """Return what the line with the ID `parent` says, and the gene it belongs to."""
    own = lines.filter(pl.col("id").is_not_null()).unique("id", keep="first", maintain_order=True)
    own = own.with_columns(unescaped(pl.col("parent")))
    genes = own.select(parent="id", parent_gene_id=_gene_id(pl.col("id")), parent_name=_gene_name())
    own = own.join(genes, on="parent", how="left", maintain_order="left")
    return own.select(
        "chrom", "strand", "trans", *_described(), parent="id", tx_start="start", tx_end="end",
        own_row="source_row", own_fault="fault",
    )  # fmt: skip


def _gene_id(own_id: pl.Expr) -> pl.Expr:
    return pl.coalesce(_versioned(attribute("gene_id")), published(own_id))


def _gene_name() -> pl.Expr:
    return pl.coalesce(attribute("gene_name"), attribute("gene"), attribute("Name"))


def _versioned(name: pl.Expr) -> pl.Expr:
    """Return an Ensembl name with the version that stands in an attribute of its own."""
    return pl.coalesce(pl.concat_str(name, attribute("version"), separator="."), name)


def _transcript_id() -> pl.Expr:
    own = published(pl.col("id"))
    return pl.coalesce(_versioned(attribute("transcript_id")), own).alias("transcript_id")


def _described() -> list[pl.Expr]:
    # A transcript without a parent is a gene itself (NCBI's pseudogenes).
    alone = pl.col("parent").is_null()
    own_gene = pl.when(alone).then(_gene_id(pl.col("id"))).otherwise(attribute("gene_id"))
    own_symbol = pl.coalesce(attribute("gene_name"), attribute("gene"))
    return [
        _transcript_id(),
        pl.coalesce(own_gene, "parent_gene_id").alias("gene_id"),
        pl.coalesce(own_symbol, pl.when(alone).then(attribute("Name")), "parent_name").alias(
            "gene_name"
        ),
        pl.coalesce(
            attribute("transcript_type"), attribute("biotype"), attribute("gene_biotype"), "feature"
        ).alias("biotype"),
        attribute("tag").str.split(",").alias("tags"),
    ]


def _ends(parts: pl.DataFrame, coding: pl.DataFrame) -> pl.DataFrame:
    """Return per `key` whether the CDS begins in frame, ends in frame, and what NCBI denies."""
    strand = parts.select("key", "strand").unique("key", keep="first")
    rank = pl.when(pl.col("strand") == "-").then(-pl.col("end")).otherwise(pl.col("start"))
    last = (pl.col("end") - pl.col("start") - pl.col("phase")).last()
    frames = (
        coding.filter(~pl.col("stop"))
        .join(strand, on="key", maintain_order="left")
        .sort("key", rank, maintain_order=True)
        .group_by("key", maintain_order=True)
        .agg(in_frame=pl.col("phase").first() == 0, whole=last % 3 == 0)
    )
    open_ends = (
        parts.filter(pl.col("feature") == "CDS")
        .group_by("key")
        .agg(
            left_open=written("start_range").is_not_null().any(),
            right_open=written("end_range").is_not_null().any(),
        )
    )
    return frames.join(open_ends, on="key", how="left")


def _marks() -> list[pl.Expr]:
    denied = [
        pl.col("tags").list.contains(tag).fill_null(False) for tag in ("cds_start_NF", "cds_end_NF")
    ]
    left, right = completeness(pl.col("in_frame") & ~denied[0], pl.col("whole") & ~denied[1])
    incomplete = pl.lit("incmpl")
    return [
        pl.when("left_open").then(incomplete).otherwise(left).alias("cds_start_stat"),
        pl.when("right_open").then(incomplete).otherwise(right).alias("cds_end_stat"),
    ]
