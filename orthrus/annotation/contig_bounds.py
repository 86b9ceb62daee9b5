"""Whether transcripts lie within the chromosomes of a genome (bedtools)."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from orthrus import disk_errors
from orthrus.annotation import contig_aliases
from orthrus.annotation.contig_names import Aliases, Resolver, matches
from orthrus.annotation.lines import columns, read_whole
from orthrus.annotation.row_filter import RowFilter
from orthrus.annotation.schema import MAX_COORDINATE, integers
from orthrus.errors import OrthrusError, at_fault
from orthrus.strings import format_expr


def reject_outside(
    row_filter: RowFilter, sizes_file: Path | None, aliases_file: Path | None
) -> dict[str, int | float]:
    """Take away rows whose chromosome is unknown or too short (`chrom_end`).

    A name that no chromosome has is `chrom_missing`, one that could mean two `chrom_ambiguous`. The
    rows keep the annotation's names.

    Parameters
    ----------
    row_filter
        Rows with `chrom`, `tx_start` and `tx_end`.
    sizes_file
        Two columns: chromosome, length (nt). Without it, the aliases' lengths count.
    aliases_file
        Further names of the chromosomes (`orthrus.annotation.contig_aliases`).

    Returns
    -------
    dict
        How many names were found (`names.matches`); empty where no lengths are known.

    Raises
    ------
    OrthrusError
        A file is malformed, no name is found, or bedtools is not installed.
    """
    known = contig_aliases.read_aliases(aliases_file) if aliases_file else []
    sizes = dict(read_sizes(sizes_file).iter_rows()) if sizes_file else _stated(known)
    if not sizes:
        return {}
    names = Resolver(row_filter.rows["chrom"].unique(maintain_order=True), known)
    with at_fault(aliases_file):
        for sequence, length in sizes.items():
            names.claim(sequence, length)
    with at_fault(sizes_file or aliases_file):
        lost = names.finish()
    counts = matches(names, lost, row_filter.rows["chrom"])
    chrom = pl.col("chrom")
    row_filter.reject(
        chrom.is_in(list(lost)),
        chrom.replace_strict({name: why.reason for name, why in lost.items()}, default=None),
        chrom.replace_strict({name: why.detail for name, why in lost.items()}, default=None),
    )
    outside = _outside(row_filter.rows.with_columns(chrom.replace(names.found)), sizes)
    row_filter.reject(
        pl.col("source_row").is_in(outside.implode()),
        "chrom_end",
        format_expr("ends at {}, beyond the end of {}", "tx_end", "chrom"),
    )
    return counts


def read_sizes(path: Path) -> pl.DataFrame:
    """Read `chrom` (String) and `size` (Int64, nt) of every chromosome."""
    table = columns(read_whole(path), ("chrom", "size"), path)
    table = table.with_columns(integers(pl.col("size")))
    possible = pl.col("size").is_between(1, MAX_COORDINATE)
    sound = pl.col("fault").is_null() & pl.col("chrom").is_not_null() & possible
    bad = table.filter(~sound.fill_null(False))
    if len(bad):
        line = bad["source_row"][0]
        raise OrthrusError(f"{path}: line {line}: expected a chromosome, a tab and its length")
    return table.select("chrom", "size")


def _stated(known: Sequence[Aliases]) -> dict[str, int]:
    """Return the lengths (nt) of sequences, by a name that no other has; none where none is stated.

    A sequence of unknown length has room for everything: the genome itself will tell.
    """
    shared = Counter(name for entry in known for name in entry.names)
    if not any(entry.length for entry in known):
        return {}
    return {
        min(entry.names, key=lambda name: shared[name]): entry.length or MAX_COORDINATE
        for entry in known
    }


def _outside(rows: pl.DataFrame, sizes: Mapping[str, int]) -> pl.Series:
    """Return `source_row` of the rows that no chromosome contains whole."""
    if shutil.which("bedtools") is None:
        raise OrthrusError(
            "bedtools: not found; install it (apt install bedtools, or conda install -c bioconda "
            "bedtools)"
        )
    import pybedtools  # not earlier: what it does not find now it takes for missing ever after

    with disk_errors.temporary_folder() as scratch:
        spans, whole, found = (
            Path(scratch, name) for name in ("spans.bed", "genome.bed", "out.bed")
        )
        # Numbers stand for names, which may hold what bedtools does not read.
        numbers = {name: f"s{number}" for number, name in enumerate(sizes)}
        chrom = pl.col("chrom").replace(numbers)
        _write_bed(rows.select(chrom, "tx_start", "tx_end", "source_row"), spans)
        ends = {"chrom": list(numbers.values()), "start": 0, "end": list(sizes.values())}
        _write_bed(pl.DataFrame(ends), whole)
        pybedtools.BedTool(spans).intersect(
            pybedtools.BedTool(whole), v=True, f=1.0, nonamecheck=True, output=str(found)
        )
        outside = [line.rsplit("\t", 1)[1] for line in found.read_text().splitlines()]
    return pl.Series(outside, dtype=pl.String).cast(pl.Int64)


def _write_bed(frame: pl.DataFrame, path: Path) -> None:
    frame.write_csv(path, separator="\t", include_header=False)
