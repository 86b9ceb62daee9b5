"""GTF: one line per feature, transcripts named in the attributes.

The CDS of a GTF ends before the stop codon, which is a feature of its own; here it is inside, as in
genePred. An end is complete (`cmpl`) when its start or stop codon features add up to 3 nt and the
tags do not deny it (`cds_start_NF`, `cds_end_NF`), else `incmpl`.

The file is read in blocks. Of each, numbers stay of every line, and attributes of one line per
transcript; the lines of a transcript may be anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from orthrus.annotation.features import assemble, coding_parts, phases, read
from orthrus.annotation.lines import Block
from orthrus.annotation.rows import as_rows
from orthrus.annotation.trans import scrambled, spliced_in_trans
from orthrus.texts import spelled

FEATURES = ("transcript", "exon", "CDS", "start_codon", "stop_codon")
_PLACE = ("transcript_id", "chrom", "strand")
MAX_LINES = 1 << 40


@dataclass(frozen=True)
class _Digest:
    """What is kept of a block.

    Attributes
    ----------
    lines
        Sound numbers of lines that name a transcript, with its `key`.
    described
        One row per `key`: its place, attributes, and whether they are those of its own line.
    nameless, broken
        Lines without a transcript, and lines whose fields are not what they seem.
    """

    lines: pl.DataFrame
    described: pl.DataFrame
    nameless: pl.DataFrame
    broken: pl.DataFrame


def parse(blocks: Iterable[Block], path: str | Path) -> pl.DataFrame:
    """Parse GTF text into `ROWS`: one row per transcript id, chromosome and strand.

    A line that cannot be read, or is on another strand, condemns its transcript; one whose
    transcript cannot be told is a row of its own.
    """
    lines, described, nameless, broken = _gather([_digest(block, path) for block in blocks])
    sound = lines.filter(pl.col("fault").is_null())
    exons = sound.filter(pl.col("feature") == "exon").select("key", "start", "end")
    rows = assemble(_transcripts(lines, described), exons, coding_parts(sound))
    rows = _condemn(_unscrambled(_united(_marked(rows)), lines), broken)
    # UCSC numbers the further copies of a name; they are told apart now.
    rows = rows.with_columns(pl.col("transcript_id").str.replace(r"_dup\d+$", ""))
    nameless = nameless.with_columns(
        fault=pl.lit("attributes"), detail=pl.lit('no transcript_id "…"')
    )
    lost = broken.join(described, on="transcript_id", how="anti")
    rows = pl.concat(map(as_rows, (rows, nameless, lost)))
    return rows.sort("source_row", maintain_order=True)


def _digest(block: Block, path: str | Path) -> _Digest:
    lines = read(block, path)
    misplaced = (pl.col("fault") == "columns").fill_null(False)
    lines = lines.filter(pl.col("feature").is_in(FEATURES) | misplaced)
    lines = lines.with_columns(transcript_id=_versioned("transcript"))
    broken = lines.filter(misplaced).drop("attributes")
    lines = lines.filter(~misplaced)
    nameless = lines.filter(pl.col("transcript_id").is_null()).drop("attributes")
    lines = lines.filter(pl.col("transcript_id").is_not_null())
    keys = lines.select(_PLACE).unique(maintain_order=True).with_row_index("key")
    lines = lines.join(keys, on=_PLACE, nulls_equal=True, maintain_order="left")
    own = pl.col("feature") == "transcript"
    described = lines.sort(~own, maintain_order=True).unique(
        "key", keep="first", maintain_order=True
    )
    described = described.select(
        "key", *_PLACE, own.alias("own"), spliced_in_trans().alias("trans"), *_described(own)
    )
    numbers = lines.select(
        "key", "source_row", pl.col("feature").cast(pl.Enum(FEATURES)), "start", "end",
        phases(pl.col("phase")).alias("phase"), "fault",
    )  # fmt: skip
    return _Digest(numbers, described, nameless, broken)


def _gather(digests: list[_Digest]) -> list[pl.DataFrame]:
    """Return the four tables of all blocks, with keys that hold for the file."""
    lines = pl.concat(digest.lines.with_columns(block=i) for i, digest in enumerate(digests))
    described = pl.concat(
        digest.described.with_columns(block=i) for i, digest in enumerate(digests)
    )
    keys = described.select(_PLACE).unique(maintain_order=True)
    keys = keys.with_columns(file_key=pl.int_range(pl.len(), dtype=pl.Int64))
    described = described.join(keys, on=_PLACE, nulls_equal=True, maintain_order="left")
    known = described.select("block", "key", "file_key")
    lines = lines.join(known, on=["block", "key"], maintain_order="left")
    described = described.sort(~pl.col("own"), maintain_order=True).unique(
        "file_key", keep="first", maintain_order=True
    )
    renamed = (
        frame.drop("key", "block").rename({"file_key": "key"}) for frame in (lines, described)
    )
    return [
        *renamed,
        pl.concat(digest.nameless for digest in digests),
        pl.concat(digest.broken for digest in digests),
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
    condemned = pl.when(line.is_not_null() & pl.col("fault").is_null())
    trans = pl.when(pl.col("trans").any().over(here)).then(pl.lit("trans_spliced"))
    rows = rows.with_columns(
        _stray=stray,
        fault=condemned.then(trans.otherwise(pl.lit("strand"))).otherwise("fault"),
        detail=condemned.then(spelled("line {}: strand {}", line, strand)).otherwise("detail"),
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


def _condemn(rows: pl.DataFrame, broken: pl.DataFrame) -> pl.DataFrame:
    """Return `rows` with a fault in every transcript that a broken line names."""
    named = pl.col("transcript_id").is_in(broken["transcript_id"].drop_nulls().implode())
    return rows.with_columns(fault=pl.coalesce("fault", pl.when(named).then(pl.lit("columns"))))


def attribute(name: str) -> pl.Expr:
    """Return the first value of a GTF attribute, null where it is absent or empty."""
    value = pl.col("attributes").str.extract(rf'(?:^|;)\s*{name} "([^"]+)"')
    return value.alias(name)


def _versioned(thing: str) -> pl.Expr:
    """Return the id of a transcript or gene, with Ensembl's version of it."""
    name, version = attribute(f"{thing}_id"), attribute(f"{thing}_version")
    return pl.coalesce(pl.concat_str(name, version, separator="."), name)


def _transcripts(lines: pl.DataFrame, described: pl.DataFrame) -> pl.DataFrame:
    """Return one row per `key`, with what its transcript line, else its first line, says."""
    codon_length = pl.col("end") - pl.col("start")
    summary = lines.group_by("key", maintain_order=True).agg(
        pl.col("source_row").min(),
        fault=pl.coalesce(
            pl.col("fault").drop_nulls().first(),
            pl.when((pl.col("feature") == "transcript").sum() > 1).then(pl.lit("repeated")),
        ),
        detail=spelled(
            "line {}", pl.col("source_row").filter(pl.col("fault").is_not_null()).first()
        ),
        starts_whole=codon_length.filter(pl.col("feature") == "start_codon").sum() == 3,
        stops_whole=codon_length.filter(pl.col("feature") == "stop_codon").sum() == 3,
        exons_start=pl.col("start").filter(pl.col("feature") == "exon").min(),
        exons_end=pl.col("end").filter(pl.col("feature") == "exon").max(),
    )
    return summary.join(described, on="key").with_columns(
        tx_start=pl.coalesce("start", "exons_start"), tx_end=pl.coalesce("end", "exons_end")
    )


def _described(own: pl.Expr) -> list[pl.Expr]:
    level = pl.col("attributes").str.extract(r'transcript_support_level "([1-5])')
    tags = (
        pl.col("attributes")
        .str.extract_all(r'tag "[^"]+"')
        .list.eval(pl.element().str.strip_prefix('tag "').str.strip_suffix('"'))
    )
    support = pl.concat_list(spelled("tsl{}", level)).list.drop_nulls()
    return [
        pl.when(own).then("start").alias("start"),
        pl.when(own).then("end").alias("end"),
        _versioned("gene").alias("gene_id"),
        pl.coalesce(attribute("gene_name"), attribute("gene")).alias("gene_name"),
        pl.coalesce(attribute("transcript_type"), attribute("transcript_biotype")).alias("biotype"),
        pl.concat_list(tags, support).alias("tags"),
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
