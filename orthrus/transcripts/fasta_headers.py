"""What is known of mature transcripts besides their bases: CDS, exons, genes.

It stands in FASTA headers or in a table beside the FASTA. Positions count from 1 along the
transcript and include the last one, as FASTA headers have it everywhere:

- `cds=201-1200` (also gffread's `CDS=201-1200`), from the first base of the first codon;
- `exons=1-501,502-3502` (also gffread's `segs:1-501,502-3502`), from end to end of the transcript;
- GENCODE's `ENST….2|ENSG….7|…|…|OR4F5-201|OR4F5|2618|UTR5:1-60|CDS:61-1041|UTR3:1042-2618|`;
- Ensembl's `ENST….1 cdna … gene:ENSG….1 gene_biotype:… transcript_biotype:… gene_symbol:…`.
"""

from __future__ import annotations

import codecs
from pathlib import Path

import polars as pl

from orthrus.annotation.lines import Block, columns, read_whole, refuse_miscounted
from orthrus.annotation.schema import integers
from orthrus.errors import OrthrusError
from orthrus.log import say

FEATURES = ("cds", "exons", "gene_id", "gene_name", "biotype")

_HEADER = pl.col("header")
_GENCODE = _HEADER.str.extract(r"^(ENS\w+[^|\s]*(?:\|[^|]*)+)\|$").str.split("|")
_PART = r"(?i)^(UTR5|CDS|UTR3):"


def read_headers(headers: list[str], path: Path) -> pl.DataFrame:
    """Return `transcript_id` and FEATURES (String, null where unknown) of FASTA headers.

    Raises
    ------
    OrthrusError
        A record has no name, or two have the same.
    """
    table = pl.DataFrame({"header": headers}).select(
        transcript_id=pl.coalesce(_gencode(0), _HEADER.str.extract(r"^(\S+)")),
        cds=pl.coalesce(_value(r"(?i)cds="), _HEADER.str.extract(r"\|CDS:([^|]*)\|")),
        exons=pl.coalesce(_value("(?i)exons="), _value("segs:")),
        gene_id=pl.coalesce(_gencode(1), _value("gene:")),
        gene_name=pl.coalesce(_gencode(5), _value("gene_symbol:"), _value("gene=")),
        biotype=pl.coalesce(_gencode(7), _value("transcript_biotype:")),
    )
    name = pl.col("transcript_id")
    if nameless := table["transcript_id"].null_count():
        raise OrthrusError(f"{path}: {nameless} of {len(table)} records have no name")
    if len(repeated := table.filter(name.is_duplicated())):
        raise OrthrusError(
            f"{path}: more than one transcript is named {repeated['transcript_id'][0]}; "
            "rename or remove all but one"
        )
    return table


def _gencode(field: int) -> pl.Expr:
    value = _GENCODE.list.get(field, null_on_oob=True)
    return pl.when(~value.str.contains(_PART) & (value != "")).then(value)


def _value(key: str) -> pl.Expr:
    return _HEADER.str.extract(rf"(?:^|[\s;|]){key}([^\s;|]+)")


def add_features(known: pl.DataFrame, path: Path) -> pl.DataFrame:
    """Return `known` with what a table (tab-separated, with a header line) says besides.

    Raises
    ------
    OrthrusError
        The table is malformed, repeats a transcript, or names none of those that are known.
    """
    data = b"".join(read_whole(path).parts).removeprefix(codecs.BOM_UTF8)
    names = tuple(data.splitlines()[0].decode("utf-8", errors="replace").lstrip("#").split("\t"))
    unknown = sorted(set(names) - {"transcript_id", *FEATURES})
    if "transcript_id" not in names or unknown or len(set(names)) < max(2, len(names)):
        raise OrthrusError(
            f"{path}: line 1: expected transcript_id and some of {', '.join(FEATURES)}, "
            f"tab-separated, got {', '.join(names)}"
        )
    block = Block((data,))
    table = columns(block, names, path).slice(0 if data.startswith(b"#") else 1)
    refuse_miscounted(table, block, len(names), path)
    name = pl.col("transcript_id")
    if len(repeated := table.filter(name.is_duplicated())):
        raise OrthrusError(
            f"{path}: more than one line for the transcript {repeated['transcript_id'][0]!r}"
        )
    strange = table.filter(~name.is_in(known["transcript_id"].implode()).fill_null(False))
    if len(strange) == len(table):
        raise OrthrusError(f"{path}: names none of the transcripts of the FASTA file")
    if len(strange):
        say(
            f"{path}: {len(strange):,} of {len(table):,} lines name no transcript of the FASTA "
            f"file, the first {strange['transcript_id'][0]}"
        )
    joined = known.join(table, on="transcript_id", how="left", maintain_order="left", suffix="_of")
    given = [feature for feature in FEATURES if feature in names]
    return joined.with_columns(
        pl.coalesce(f"{feature}_of", feature).alias(feature) for feature in given
    ).select(known.columns)


def intervals(known: pl.DataFrame, lengths: pl.Series, path: Path) -> pl.DataFrame:
    """Return `cds_start`, `cds_end`, `exon_starts`, `exon_ends` (0-based, half-open) of `known`.

    They are null where nothing is known.

    Parameters
    ----------
    known
        n rows of `read_headers`.
    lengths
        (n,) nt of the transcripts.
    path
        The FASTA file, named in error messages.

    Raises
    ------
    OrthrusError
        A CDS is no interval of its transcript, or exons do not tile it.
    """
    table = known.with_columns(length=lengths)
    first, last = _pair(pl.col("cds"))
    table = table.with_columns(cds_start=first - 1, cds_end=last).with_columns(
        _exons(pl.col("exons"))
    )
    start, end, length = pl.col("cds_start"), pl.col("cds_end"), pl.col("length")
    inside = (start >= 0) & (start < end) & (end <= length)
    _require(table, "cds", inside, "is no interval from-to of its {} nt, counted from 1", path)
    starts, ends = pl.col("exon_starts"), pl.col("exon_ends")
    tiled = (
        (starts.list.first() == 0)
        & (ends.list.last() == length)
        & (starts.list.slice(1) == ends.list.head(ends.list.len() - 1))
        & ((ends - starts).list.min() > 0)
    )
    _require(table, "exons", tiled, "do not cover its {} nt end to end as 1-90,91-200 would", path)
    return table.select("cds_start", "cds_end", "exon_starts", "exon_ends")


def _pair(text: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    parts = text.str.extract_groups(r"^(\d+)-(\d+)$").struct
    return integers(parts["1"]), integers(parts["2"])


def _exons(text: pl.Expr) -> list[pl.Expr]:
    first, last = _pair(pl.element())
    parts = text.str.strip_suffix(",").str.split(",")
    return [
        parts.list.eval(first - 1).alias("exon_starts"),
        parts.list.eval(last).alias("exon_ends"),
    ]


def _require(table: pl.DataFrame, feature: str, holds: pl.Expr, fault: str, path: Path) -> None:
    bad = table.filter(pl.col(feature).is_not_null() & ~holds.fill_null(False))
    if len(bad):
        row = bad.row(0, named=True)
        raise OrthrusError(
            f"{path}: transcript {row['transcript_id']}: {feature}={row[feature]} "
            + fault.format(row["length"])
        )
