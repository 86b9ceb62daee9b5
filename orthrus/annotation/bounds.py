"""Whether transcripts lie within the chromosomes of a genome (bedtools)."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import polars as pl

from orthrus.annotation.lines import columns, read_bytes
from orthrus.annotation.rows import integers
from orthrus.annotation.sieve import Sieve
from orthrus.errors import OrthrusError


def reject_outside(sieve: Sieve, sizes_file: Path) -> None:
    """Take away rows whose chromosome is missing (`chrom_missing`) or too short (`chrom_end`).

    A chromosome that is missing only because the table leaves out a version (`PVKX01003706` for
    `PVKX01003706.1`, as TOGA writes GenBank names) takes the genome's name first.

    Parameters
    ----------
    sieve
        Rows with `chrom`, `tx_start` and `tx_end`.
    sizes_file
        Two columns: chromosome, length (nt).

    Raises
    ------
    OrthrusError
        The file is malformed, or bedtools is not installed.
    """
    sizes = read_sizes(sizes_file)
    sieve.rows = _with_versions(sieve.rows, sizes)
    missing = ~pl.col("chrom").is_in(sizes["chrom"].implode())
    sieve.reject(missing, "chrom_missing", pl.format("{} is not in the genome", "chrom"))
    outside = _outside(sieve.rows, sizes)
    sieve.reject(
        pl.col("source_row").is_in(outside.implode()),
        "chrom_end",
        pl.format("ends at {}, beyond the end of {}", "tx_end", "chrom"),
    )


def read_sizes(path: Path) -> pl.DataFrame:
    """Read `chrom` (String) and `size` (Int64, nt) of every chromosome."""
    table = columns(read_bytes(path), ("chrom", "size"), path)
    table = table.with_columns(integers(pl.col("size")))
    bad = table.filter(pl.col("fault").is_not_null() | ~(pl.col("size") > 0).fill_null(False))
    if len(bad):
        line = bad["source_row"][0]
        raise OrthrusError(f"{path}: line {line}: expected a chromosome, a tab and its length")
    return table.select("chrom", "size")


def _with_versions(rows: pl.DataFrame, sizes: pl.DataFrame) -> pl.DataFrame:
    """Complete accessions without version where exactly one chromosome fits."""
    bare = sizes.select(
        pl.col("chrom").str.replace(r"\.\d+$", "").alias("chrom"), versioned="chrom"
    )
    bare = bare.filter(
        (pl.col("chrom") != pl.col("versioned"))
        & ~pl.col("chrom").is_duplicated()
        & ~pl.col("chrom").is_in(sizes["chrom"].implode())
    )
    return rows.with_columns(pl.col("chrom").replace(bare["chrom"], bare["versioned"]))


def _outside(rows: pl.DataFrame, sizes: pl.DataFrame) -> pl.Series:
    """Return `source_row` of the rows that no chromosome contains whole."""
    import pybedtools

    if shutil.which("bedtools") is None:
        raise OrthrusError(
            "bedtools: not found; install it (apt install bedtools, or conda install -c bioconda "
            "bedtools)"
        )
    with tempfile.TemporaryDirectory() as scratch:
        spans, whole, found = (
            Path(scratch, name) for name in ("spans.bed", "genome.bed", "out.bed")
        )
        _write_bed(rows.select("chrom", "tx_start", "tx_end", "source_row"), spans)
        _write_bed(sizes.select("chrom", pl.lit(0), "size"), whole)
        pybedtools.BedTool(spans).intersect(
            pybedtools.BedTool(whole), v=True, f=1.0, nonamecheck=True, output=str(found)
        )
        outside = [line.rsplit("\t", 1)[1] for line in found.read_text().splitlines()]
    return pl.Series(outside, dtype=pl.String).cast(pl.Int64)


def _write_bed(frame: pl.DataFrame, path: Path) -> None:
    frame.write_csv(path, separator="\t", include_header=False)
