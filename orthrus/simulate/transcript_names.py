"""Which transcripts a species' annotation lists, and what it calls them."""

from __future__ import annotations

import numpy as np
import polars as pl

from orthrus.random_streams import stream
from orthrus.simulate.clade import Clade
from orthrus.simulate.tree import SPECIES, Species
from orthrus.strings import format_expr

DETECTED = {"simHum1": 0.87, "simMus1": 0.75, "simDog1": 0.45, "simCow1": 0.4}
"""The share of non-canonical isoforms that each annotation has found."""
MISSING_GENES = {"simHum1": 0.0, "simMus1": 0.02, "simDog1": 0.05, "simCow1": 0.06}
UNFINISHED = ("retained_intron", "open_start", "open_end")
UNFINISHED_REFSEQ, UNFINISHED_BASIC = 0.25, 0.4
DOTTED_SYMBOLS, UNNAMED, NO_SYMBOL = 0.04, 0.03, 0.015

_ENSEMBL = {"simHum1": "ENS", "simMus1": "ENSMUS"}
_TAGS = {
    "canonical": ["basic", "Ensembl_canonical", "MANE_Select", "appris_principal_1", "CCDS"],
    "open_start": ["cds_start_NF", "mRNA_start_NF"],
    "open_end": ["cds_end_NF", "mRNA_end_NF"],
}


def symbols(clade: Clade, seed: int) -> list[str]:
    """Return the human spelling of every gene's symbol.

    Members of a family share a stem; a few genes carry a clone-based name, which holds a dot.
    """
    rng = stream(seed, "symbols")
    stems: dict[int, str] = {}
    used: set[str] = set()
    names = []
    for index, gene in enumerate(clade.genes):
        if gene.family not in stems:
            stems[gene.family] = _fresh_stem(used, rng)
        if rng.random() < DOTTED_SYMBOLS:
            names.append(f"AC{900_000 + index:06d}.{1 + index % 3}")
        elif not clade.coding[index]:
            names.append(f"LINC{90_000 + index:05d}")
        else:
            names.append(f"{stems[gene.family]}{gene.member + 1}")
    return names


def _fresh_stem(used: set[str], rng: np.random.Generator) -> str:
    while True:
        stem = "".join(rng.choice(list("ABCDEFGHKLMNPRSTVWZ"), rng.integers(3, 5)))
        if stem not in used:
            used.add(stem)
            return stem


def registry(clade: Clade, species: Species, seed: int) -> pl.DataFrame:
    """Return one row per transcript that a species' annotation lists.

    Columns: isoform and gene (indices in the clade), kind, coding, gene_id, gene_name, gene_type,
    transcript_id, transcript_name, transcript_type, tags, level, basic.
    """
    rng = stream(seed, "registry", species.assembly)
    isoforms = clade.isoforms
    genes = len(clade.genes)
    found = rng.random(len(isoforms.gene)) < DETECTED[species.assembly]
    unfinished = np.isin(isoforms.kind, UNFINISHED)
    if species.annotation == "refseq":
        found &= ~unfinished | (rng.random(len(found)) < UNFINISHED_REFSEQ)
    listed = rng.random(genes) >= MISSING_GENES[species.assembly]
    rows = np.flatnonzero((found | (isoforms.kind == "canonical")) & listed[isoforms.gene])
    basic = ~unfinished | (rng.random(len(found)) < UNFINISHED_BASIC)
    gene, kind, coding = isoforms.gene[rows], isoforms.kind[rows], isoforms.cds[rows, 0] >= 0
    spellings = _spelling(clade, species, symbols(clade, seed), rng)
    frame = pl.DataFrame(
        {"isoform": rows, "gene": gene, "kind": kind, "coding": coding, "basic": basic[rows]}
    ).with_columns(
        gene_coding=pl.Series(clade.coding[gene]),
        gene_name=pl.Series([spellings[g] for g in gene]),
        level=pl.Series(rng.integers(1, 4, genes)[gene]),
    )
    return frame.with_columns(*_identifiers(species), *_types(), tags=_tags(frame)).with_columns(
        transcript_name=format_expr(
            "{}-{}", "gene_name", 201 + pl.int_range(pl.len()).over("gene")
        ),
    )


def _spelling(
    clade: Clade, species: Species, human: list[str], rng: np.random.Generator
) -> list[str]:
    """Respell symbols the species' way; some genes have only a provisional symbol, or none."""
    if species.assembly == "simHum1":
        return human
    unnamed = rng.random(len(human)) < UNNAMED
    nameless = (rng.random(len(human)) < NO_SYMBOL) & (species.annotation == "refseq")
    spellings = []
    for index, symbol in enumerate(human):
        provisional = unnamed[index] or "." in symbol or not clade.coding[index]
        if nameless[index]:
            spellings.append("")
        elif species.annotation == "gencode":
            spellings.append(f"Gm{90_000 + index}" if provisional else symbol.capitalize())
        else:
            spellings.append(f"LOC{species.taxon_id}{index:04d}" if provisional else symbol)
    return spellings


def _identifiers(species: Species) -> tuple[pl.Expr, pl.Expr]:
    gene, isoform = pl.col("gene"), pl.col("isoform")
    if species.annotation == "gencode":
        prefix = _ENSEMBL[species.assembly]
        return (
            _padded(pl.lit(prefix + "G"), 90_001 + gene, 11, 1 + gene % 9).alias("gene_id"),
            _padded(pl.lit(prefix + "T"), 900_001 + isoform, 11, 1 + isoform % 7).alias(
                "transcript_id"
            ),
        )
    number = 1_000_000 * (SPECIES.index(species) + 1) + isoform
    prefix_of = pl.when("coding").then(pl.lit("NM_")).otherwise(pl.lit("NR_"))
    accession = _padded(prefix_of, number, 9, 1 + isoform % 4)
    return gene.cast(pl.String).alias("gene_id"), accession.alias("transcript_id")


def _padded(prefix: pl.Expr, number: pl.Expr, width: int, version: pl.Expr) -> pl.Expr:
    return format_expr("{}{}.{}", prefix, number.cast(pl.String).str.zfill(width), version)


def _types() -> tuple[pl.Expr, pl.Expr]:
    gene_type = pl.when("gene_coding").then(pl.lit("protein_coding")).otherwise(pl.lit("lncRNA"))
    transcript_type = (
        pl.when(pl.col("kind") == "retained_intron").then(pl.lit("retained_intron"))
    ).otherwise(gene_type)
    return gene_type.alias("gene_type"), transcript_type.alias("transcript_type")


def _tags(frame: pl.DataFrame) -> pl.Series:
    tags = []
    for kind, basic, coding in frame.select("kind", "basic", "gene_coding").iter_rows():
        if kind == "canonical":
            tags.append(_TAGS[kind] if coding else ["basic", "Ensembl_canonical"])
        else:
            tags.append((["basic"] if basic else []) + _TAGS.get(kind, []))
    return pl.Series(tags, dtype=pl.List(pl.String))
