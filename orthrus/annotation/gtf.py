"""GTF: one line per feature, transcripts named in the attributes.

The CDS of a GTF ends before the stop codon, which is a feature of its own; here it is inside, as in
genePred. An end is complete (`cmpl`) when its start or stop codon features add up to 3 nt and the
tags do not deny it (`cds_start_NF`, `cds_end_NF`), else `incmpl`.

A transcript without exon lines has those of its CDS (`orthrus.annotation.implied_exons`). A line
of a transcript may have nothing but its name as attributes, as those of AUGUSTUS and BRAKER do.

The file is read in blocks. Of each, numbers stay of every line, and attributes of one line per
transcript; the lines of a transcript may be anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from orthrus.annotation.attributes import (
    every_of_gtf,
    is_plain,
    of_gtf,
    plain,
    shown,
    tell,
    word_of_gtf,
)
from orthrus.annotation.features import assemble, coding_parts, phases, read_features
from orthrus.annotation.implied_exons import OTHER_NAMES, exon_parts, fit_stops
from orthrus.annotation.lines import Block
from orthrus.annotation.parent_conflicts import scrambled, spliced_in_trans
from orthrus.annotation.schema import as_rows
from orthrus.strings import format_expr

FEATURES = ("transcript", "exon", "other_exon", "CDS", "start_codon", "stop_codon", "UTR")
_PLACE = ("transcript_id", "chrom", "strand")
MAX_LINES = 1 << 40
UNNAMED = "unknown_transcript_"
"""How NCBI names transcripts that have no identifier, as of mitochondria; the gene's stands in."""
_COPY = r"_dup\d+$"
"""How UCSC numbers the further copies of a name."""


@dataclass(frozen=True)
class _Digest:
    """What is kept of a block.

    Attributes
    ----------
    lines
        Sound numbers of lines that name a transcript, with its `key`.
    described
        One row per `key`: its place, attributes, and how good the line is that they are of.
    proteins
        The proteins (`protein`) that the CDS lines of a `key` name.
    nameless, broken
        Lines without a transcript, and lines whose fields are not what they seem.
    doubtful
        Attributes whose quotes are absent or do not match (`attributes.plain`).
    """

    lines: pl.DataFrame
    described: pl.DataFrame
    proteins: pl.DataFrame
    nameless: pl.DataFrame
    broken: pl.DataFrame
    doubtful: pl.DataFrame


def parse(blocks: Iterable[Block], path: str | Path) -> pl.DataFrame:
    """Parse GTF text into `ROWS`: one row per transcript id, chromosome and strand.

    A transcript with an unreadable line, or a line on another strand, is rejected; a line whose
    transcript cannot be told is a row of its own. Quotes that are put back are told in one line.
    """
    lines, described, proteins, nameless, broken, doubtful = _gather(
        [_digest(block, path) for block in blocks]
    )
    tell(doubtful, path)
    sound = lines.filter(pl.col("fault").is_null())
    coding = coding_parts(sound)
    rows, exons = fit_stops(_transcripts(lines, described), exon_parts(sound), coding)
    rows = _spanning(assemble(_one_protein(rows, proteins), exons, coding))
    rows = _unscrambled(_united(_marked(rows)), lines)
    rows = _reject_broken(rows, broken)
    nameless = nameless.with_columns(
        fault=pl.lit("attributes"), detail=pl.lit('no transcript_id "…"')
    )
    lost = broken.join(described, on="transcript_id", how="anti")
    rows = pl.concat(map(as_rows, (_first_names(rows), nameless, lost)))
    texts = ("transcript_id", "gene_id", "gene_name", "biotype")
    rows = rows.with_columns(shown(pl.col(texts)))
    return rows.sort("source_row", maintain_order=True)


def _spanning(rows: pl.DataFrame) -> pl.DataFrame:
    """Return `rows` whose ends are those of their exons where nothing else states them."""
    return rows.with_columns(
        tx_start=pl.coalesce("tx_start", pl.col("exon_starts").list.min()),
        tx_end=pl.coalesce("tx_end", pl.col("exon_ends").list.max()),
    )


def _first_names(rows: pl.DataFrame) -> pl.DataFrame:
    """Return `rows` in which UCSC's numbered copies have the name of the first one.

    A numbered name without a first one in the same gene is a name of its own.
    """
    first = rows.select(
        _first="transcript_id", _gene=pl.coalesce("gene_id", pl.lit("")), _known=True
    ).unique()
    name, gene = pl.col("transcript_id"), pl.col("gene_id")
    own = gene == name
    rows = rows.with_columns(
        _first=name.str.replace(_COPY, ""),
        _gene=pl.when(own).then(gene.str.replace(_COPY, "")).otherwise(gene).fill_null(""),
    ).join(first, on=["_first", "_gene"], how="left", maintain_order="left")
    copy = pl.col("_known").fill_null(False)
    return rows.with_columns(
        transcript_id=pl.when(copy).then("_first").otherwise(name),
        gene_id=pl.when(copy & own).then("_first").otherwise(gene),
    ).drop("_first", "_gene", "_known")


def _digest(block: Block, path: str | Path) -> _Digest:
    lines, doubtful = _named(block, path)
    misplaced = (pl.col("fault") == "columns").fill_null(False)
    broken = lines.filter(misplaced).drop("attributes")
    lines = lines.filter(~misplaced)
    nameless = lines.filter(pl.col("transcript_id").is_null()).drop("attributes")
    lines = lines.filter(pl.col("transcript_id").is_not_null())
    keys = lines.select(_PLACE).unique(maintain_order=True).with_row_index("key")
    lines = lines.join(keys, on=_PLACE, nulls_equal=True, maintain_order="left")
    described, more = _best_lines(lines)
    numbers = lines.select(
        "key", "source_row", pl.col("feature").cast(pl.Enum(FEATURES)), "start", "end",
        phases(pl.col("phase")).alias("phase"), "fault",
    )  # fmt: skip
    return _Digest(
        numbers,
        described,
        _proteins(lines),
        nameless,
        broken,
        pl.concat([doubtful, more]),
    )


def _proteins(lines: pl.DataFrame) -> pl.DataFrame:
    """Return `key` and `protein` of the first and of the last CDS line of every transcript."""
    cds = lines.filter(pl.col("feature") == "CDS").select("key", "attributes")
    ends = [cds.unique("key", keep=keep, maintain_order=True) for keep in ("first", "last")]
    named = pl.concat(ends).select("key", protein=word_of_gtf("protein_id"))
    return named.drop_nulls().unique(maintain_order=True)


def _named(block: Block, path: str | Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the lines of transcripts with `transcript_id`, and their doubtful attributes."""
    lines = read_features(block, path).with_columns(pl.col("feature").replace(OTHER_NAMES))
    misplaced = (pl.col("fault") == "columns").fill_null(False)
    lines = lines.filter(pl.col("feature").is_in(FEATURES) | misplaced)
    lines = lines.with_columns(transcript_id=_versioned("transcript"))
    odd = lines.filter(pl.col("transcript_id").is_null() & pl.col("attributes").is_not_null())
    rewritten, doubtful = plain(odd.select("source_row", "attributes"))
    if len(odd):
        rewritten = rewritten.with_columns(transcript_id=_versioned("transcript"))
        lines = lines.update(rewritten, on="source_row", how="left")
    unnamed = lines.filter(pl.col("transcript_id").str.starts_with(UNNAMED))
    if len(unnamed):
        gene = unnamed.select("source_row", transcript_id=_versioned("gene"))
        lines = lines.update(gene, on="source_row", how="left")
    unowned = (pl.col("feature") == "UTR") & pl.col("transcript_id").is_null()
    return lines.filter(~unowned.fill_null(False) | misplaced), doubtful


def _best_lines(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what the best line per `key` says, its `rank` (0 is best), and doubtful attributes.

    The best one is the transcript's own, unless it has nothing but its name.
    """
    own = pl.col("feature") == "transcript"
    alone = pl.col("attributes").str.contains(r'^\s*transcript_id "[^"]*";?\s*$')
    rank = pl.when(own & ~alone).then(0).when(own).then(2).otherwise(1)
    best = lines.with_columns(rank=rank.cast(pl.Int8)).sort("rank", maintain_order=True)
    best = best.unique("key", keep="first", maintain_order=True)
    odd = best.filter(~is_plain())
    rewritten, doubtful = plain(odd.select("source_row", "attributes"))
    if len(odd):
        best = best.update(rewritten, on="source_row", how="left")
    return best.select("key", *_PLACE, "rank", *_described()), doubtful


def _gather(digests: list[_Digest]) -> list[pl.DataFrame]:
    """Return the six tables of all blocks, with keys that hold for the file."""
    lines, described, proteins = (
        pl.concat(getattr(digest, name).with_columns(block=i) for i, digest in enumerate(digests))
        for name in ("lines", "described", "proteins")
    )
    keys = described.select(_PLACE).unique(maintain_order=True)
    keys = keys.with_columns(file_key=pl.int_range(pl.len(), dtype=pl.Int64))
    described = described.join(keys, on=_PLACE, nulls_equal=True, maintain_order="left")
    known = described.select("block", "key", "file_key")
    lines, proteins = (
        frame.join(known, on=["block", "key"], maintain_order="left") for frame in (lines, proteins)
    )
    described = described.sort("rank", maintain_order=True).unique(
        "file_key", keep="first", maintain_order=True
    )
    renamed = (
        frame.drop("key", "block").rename({"file_key": "key"})
        for frame in (lines, described, proteins)
    )
    return [
        *renamed,
        pl.concat(digest.nameless for digest in digests),
        pl.concat(digest.broken for digest in digests),
        pl.concat(digest.doubtful for digest in digests),
    ]


def _united(rows: pl.DataFrame) -> pl.DataFrame:
    """Return `rows` without those of stray lines, and a fault in the transcripts of these lines.

    Lines are stray where others of their name and sequence have a strand and they have none, else
    where the transcript's own line is on another strand, else where the first line is.
    """
    here = ("transcript_id", "chrom")
    known = pl.col("strand").is_in(["+", "-"]).fill_null(False)
    firm = known.cast(pl.Int64) * 2 + pl.col("own").cast(pl.Int64)
    rows = rows.with_columns(_firm=firm * MAX_LINES - pl.col("source_row"))
    stray = pl.col("_firm") < pl.col("_firm").max().over(here)
    line = pl.col("source_row").filter(stray).min().over(here)
    strand = pl.col("strand").fill_null("missing").filter(stray).first().over(here)
    torn = pl.when(line.is_not_null() & pl.col("fault").is_null())
    trans = pl.when(pl.col("trans").any().over(here)).then(pl.lit("trans_spliced"))
    rows = rows.with_columns(
        _stray=stray,
        fault=torn.then(trans.otherwise(pl.lit("strand"))).otherwise("fault"),
        detail=torn.then(format_expr("line {}: strand {}", line, strand)).otherwise("detail"),
    )
    return rows.filter(~pl.col("_stray")).drop("_firm", "_stray")


def _unscrambled(rows: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Return `rows` with a fault in transcripts whose parts are not in the order of the strand."""
    trans = rows.filter("trans").select("key", "strand")
    parts = lines.with_columns(pl.col("feature").cast(pl.String)).join(trans, on="key")
    found = scrambled(parts.with_columns(attributes=pl.lit(None, pl.String)))
    rows = rows.join(found.rename({"detail": "_why"}), on="key", how="left", maintain_order="left")
    why = pl.when(pl.col("fault").is_null()).then("_why")
    fault = pl.when(pl.col("_why").is_not_null()).then(pl.lit("trans_spliced"))
    return rows.with_columns(
        fault=pl.coalesce("fault", fault), detail=pl.coalesce("detail", why)
    ).drop("_why")


def _one_protein(rows: pl.DataFrame, proteins: pl.DataFrame) -> pl.DataFrame:
    """Return `rows` with a fault in transcripts whose CDS lines are of several proteins."""
    several = (
        proteins.group_by("key")
        .agg(pl.col("protein").unique(maintain_order=True))
        .filter(pl.col("protein").list.len() > 1)
    )
    rows = rows.join(several, on="key", how="left", maintain_order="left")
    found = pl.col("fault").is_null() & pl.col("protein").is_not_null()
    names = pl.col("protein").list.head(3).list.join(", ")
    return rows.with_columns(
        fault=pl.when(found).then(pl.lit("several_cds")).otherwise("fault"),
        detail=pl.when(found).then(format_expr("proteins {}", names)).otherwise("detail"),
    ).drop("protein")


def _reject_broken(rows: pl.DataFrame, broken: pl.DataFrame) -> pl.DataFrame:
    """Return `rows` with a fault in every transcript that a broken line names."""
    named = pl.col("transcript_id").is_in(broken["transcript_id"].drop_nulls().implode())
    return rows.with_columns(fault=pl.coalesce("fault", pl.when(named).then(pl.lit("columns"))))


def _versioned(thing: str) -> pl.Expr:
    """Return the id of a transcript or gene, with Ensembl's version of it."""
    name, version = of_gtf(f"{thing}_id"), word_of_gtf(f"{thing}_version")
    return pl.coalesce(pl.concat_str(name, version, separator="."), name)


def _transcripts(lines: pl.DataFrame, described: pl.DataFrame) -> pl.DataFrame:
    """Return one row per `key`, with what its transcript line, else its best line, says."""
    codon_length = pl.col("end") - pl.col("start")
    own = pl.col("feature") == "transcript"
    summary = lines.group_by("key", maintain_order=True).agg(
        pl.col("source_row").min(),
        fault=pl.coalesce(
            pl.col("fault").drop_nulls().first(),
            pl.when(own.sum() > 1).then(pl.lit("repeated")),
        ),
        detail=format_expr(
            "line {}", pl.col("source_row").filter(pl.col("fault").is_not_null()).first()
        ),
        starts_whole=codon_length.filter(pl.col("feature") == "start_codon").sum() == 3,
        stops_whole=codon_length.filter(pl.col("feature") == "stop_codon").sum() == 3,
        own=own.any(),
        tx_start=pl.col("start").filter(own).first(),
        tx_end=pl.col("end").filter(own).first(),
    )
    return summary.join(described, on="key")


def _described() -> list[pl.Expr]:
    level = of_gtf("transcript_support_level").str.extract("^([1-5])")
    support = pl.concat_list(format_expr("tsl{}", level)).list.drop_nulls()
    return [
        spliced_in_trans().alias("trans"),
        _versioned("gene").alias("gene_id"),
        pl.coalesce(of_gtf("gene_name"), of_gtf("gene")).alias("gene_name"),
        pl.coalesce(of_gtf("transcript_type"), of_gtf("transcript_biotype")).alias("biotype"),
        pl.concat_list(every_of_gtf("tag"), support).alias("tags"),
    ]


def _marked(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the completeness of the genomic-left and genomic-right end of the CDS."""
    denied = [pl.col("tags").list.contains(tag) for tag in ("cds_start_NF", "cds_end_NF")]
    start = pl.col("starts_whole") & ~denied[0].fill_null(False)
    stop = pl.col("stops_whole") & ~denied[1].fill_null(False)
    return rows.with_columns(*completeness(start, stop))


def completeness(start: pl.Expr, stop: pl.Expr) -> list[pl.Expr]:
    """Return `cds_start_stat`, `cds_end_stat` given whether start and stop codon are whole.

    Where that is null, an end is `unk`.
    """
    known = {True: "cmpl", False: "incmpl"}
    mark = [whole.replace_strict(known, default="unk") for whole in (start, stop)]
    forward = pl.col("strand") == "+"
    return [
        pl.when(forward).then(mark[0]).otherwise(mark[1]).alias("cds_start_stat"),
        pl.when(forward).then(mark[1]).otherwise(mark[0]).alias("cds_end_stat"),
    ]
