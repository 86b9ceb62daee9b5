r"""Identifiers of transcripts and genes: as a table publishes them, and as joins compare them.

Every reader passes what it reads through `published`, and every join compares by `comparable`, so
that two files agree on an identifier however they spell it.

`published` drops surrounding blanks and the type that GFF3 puts before an identifier, as in
`transcript:ENST00000367064.12`, `Gene:WBGene00000001` or `rna-NM_003834.3`. `comparable` drops the
version too. Versions are those of Ensembl and RefSeq; the `.1` of WormBase's `Y74C9A.2a.1` or of
TAIR's `AT1G01010.1` is an isoform. In GENCODE's tables for an earlier assembly the version is
followed by that of the mapping (`ENSG00000169627.9_11`). The copies of a gene on pseudoautosomal
regions are genes of their own (`ENSG00000002586.20_PAR_Y`, `ENSGR0000002586`).
"""

from __future__ import annotations

import polars as pl

_TYPE = "transcript|mrna|ncrna|rna|gene|pseudogene|transposon|transposon_cds|cds|exon|protein"
PREFIX = rf"^(?:(?i:{_TYPE}):|(?:rna|gene|cds|exon|id)-)(.)"
"""The type before an identifier, and the identifier's first character."""

_ENSEMBL = r"ENS[A-Z]*\d+"
_STEM = rf"{_ENSEMBL}|MGP_[A-Za-z0-9]+_[A-Z]\d+|OTT[A-Z]+\d+|[NX][MRP]_\d+"
VERSIONED = rf"^({_STEM})(?:\.\d+)+(?:_\d+)?(_PAR_Y)?(?:_\d+)?"

PROJECTION = r"^(?<transcript>[^.]+(?:\.\d+(?:_\d+)?[a-z]?)*)(?:\.(?<symbol>.+))?\.(?<chain>-?\d+)$"
"""TOGA's `TRANSCRIPT.SYMBOL.CHAIN` or `TRANSCRIPT.CHAIN`.

Symbols may hold dots (`ENST00000568641.AC055839.2.7`), and so may transcripts, which end before the
first part that is no number (`XM_990001.1.5903`, `ENST00000367064.12.CD55.8`).
"""


def published(ids: pl.Expr) -> pl.Expr:
    """Return identifiers without surrounding blanks and without their type; versions stay."""
    return ids.str.strip_chars().str.replace(PREFIX, "${1}")


def unversioned(ids: pl.Expr) -> pl.Expr:
    """Drop the version of Ensembl and RefSeq identifiers; others stay whole."""
    return ids.str.replace(VERSIONED, "${1}${2}")


def comparable(ids: pl.Expr) -> pl.Expr:
    """Return identifiers as joins compare them, null where one is empty."""
    bare = unversioned(published(ids))
    return pl.when(bare != "").then(bare)


def is_ensembl(ids: pl.Expr) -> pl.Expr:
    """Return whether these are identifiers of Ensembl, with or without version."""
    return comparable(ids).str.contains(rf"^{_ENSEMBL}(_PAR_Y)?$")
