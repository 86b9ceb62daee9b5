"""Which sound rows are left out on purpose, and which do not fit the genome.

Excluded, without ceiling:

============== ==================================================================================
strand         the transcript has one exon, no CDS and the strand `.`: assemblers such as StringTie
               learn the strand from introns, and write this where there is none
contig         the contig's name matches `excluded_contigs`: it repeats another locus
loss_class     TOGA's loss class is not among `toga.keep_classes`
par_copy       the copy on Y of a transcript of a pseudo-autosomal region: by its name (`_PAR_Y`,
               GENCODE's former `ENSTR…`), or because the same name is on X too
fragmented     TOGA found the projection in pieces (`orthrus.annotation.toga_fragments`)
merged         another row holds this piece of a projection (`toga.fragments: merge`)
duplicate_name another row of the name stays: one on a chromosome rather than on a scaffold
               (`_` in the contig's name), else the first in the file
============== ==================================================================================

The published code takes rows of one name one by one, but stores them under one file name, so that
the last survives; here the survivor is chosen by rule.
"""

from __future__ import annotations

import re

import polars as pl

from orthrus.annotation.row_checks import CODING
from orthrus.annotation.row_filter import RowFilter
from orthrus.annotation.toga_fragments import exclude_fragments, merge_fragments
from orthrus.config.annotation import AnnotationSettings

_NAME, _CHROM = pl.col("transcript_id"), pl.col("chrom")
PAR_COPY = r"_PAR_Y$|^ENSTR\d"
NUMBERED = r"^([NX][MR]_\d+\.\d+)_\d+$"
"""How NCBI's GTF names the further places of a transcript."""
ON_X = r"^(?:(?:chr)?X|(?:NC_000023|CM000685|NC_060947|CP068255|NC_000086|CM001013)(?:\.\d+)?)$"
ON_Y = r"^(?:(?:chr)?Y|(?:NC_000024|CM000686|NC_060948|CP086569|NC_000087|CM001014)(?:\.\d+)?)$"
"""The names of X and Y: UCSC's, Ensembl's, and accessions of GRCh, T2T-CHM13 and GRCm."""


def exclude_unstranded(row_filter: RowFilter) -> None:
    """Take away the transcripts whose strand nothing told; the others must state theirs."""
    single = pl.col("exon_starts").list.len() == 1
    sound = pl.col("fault").is_null() & _NAME.is_not_null() & _CHROM.is_not_null()
    row_filter.exclude(
        (pl.col("strand") == ".") & single & sound & ~CODING, "strand", pl.lit("strand .")
    )


def exclude_unwanted(row_filter: RowFilter, settings: AnnotationSettings) -> None:
    """Take away rows on excluded contigs and projections of unwanted loss classes."""
    if settings.excluded_contigs:
        unwanted = re.compile("|".join(settings.excluded_contigs))
        contigs = row_filter.rows["chrom"].unique()
        repeats = [contig for contig in contigs if unwanted.search(contig)]
        row_filter.exclude(_CHROM.is_in(repeats), "contig")
    if settings.toga.keep_classes and "loss_class" in row_filter.rows.columns:
        kept = pl.col("loss_class").is_in(settings.toga.keep_classes).fill_null(False)
        row_filter.exclude(~kept, "loss_class", pl.col("loss_class"))


def exclude_repeats(row_filter: RowFilter, settings: AnnotationSettings) -> None:
    """Take away rows so that every name is left at most once."""
    row_filter.exclude(_NAME.str.contains(PAR_COPY), "par_copy")
    on_x = row_filter.rows.filter(_CHROM.str.contains(ON_X)).select("transcript_id").to_series()
    twin = _NAME.str.replace(NUMBERED, "${1}").is_in(on_x.implode())
    row_filter.exclude(_CHROM.str.contains(ON_Y) & twin, "par_copy")
    if "chain" in row_filter.rows.columns:
        {"exclude": exclude_fragments, "merge": merge_fragments}[settings.toga.fragments](
            row_filter
        )
    if row_filter.rows["transcript_id"].n_unique() == len(row_filter.rows):
        return
    repeated = row_filter.rows.filter(_NAME.is_duplicated())
    survivors = repeated.sort(_CHROM.str.contains("_", literal=True), "source_row").unique(
        "transcript_id", keep="first", maintain_order=True
    )
    others = repeated.join(survivors, on="source_row", how="anti")["source_row"]
    row_filter.exclude(pl.col("source_row").is_in(others.implode()), "duplicate_name")
