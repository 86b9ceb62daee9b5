"""TOGA's output for one query: projected coding exons, loss classes and orthology."""

from __future__ import annotations

import numpy as np
import polars as pl

from orthrus.random_streams import stream
from orthrus.simulate.assembly_gaps import Leaf
from orthrus.simulate.clade import Clade
from orthrus.simulate.genome import Genome
from orthrus.simulate.placed_transcripts import coding_part
from orthrus.simulate.ragged import ranges
from orthrus.simulate.tree import Species
from orthrus.strings import format_expr

COLOURS = {
    "I": "0,0,200",
    "PI": "0,200,255",
    "UL": "255,160,120",
    "L": "255,50,50",
    "M": "130,130,130",
    "PG": "159,129,112",
}
PARALOGOUS_CHAINS = 0.25
"""The share of genes with a relative that get a second chain, onto that relative's locus."""
LISTED = 0.97
"""The share of the reference's complete coding transcripts that TOGA's older input holds, too."""
CHAINS_PER_GENE = 40
"""Chain numbers are drawn below this many times the genes; those of second chains follow."""


def projections(
    clade: Clade, leaf: Leaf, registry: pl.DataFrame, reference: Species, query: Species, seed: int
) -> pl.DataFrame:
    """Return one row per projection: isoform, locus (the gene it lies on), names, chain, class.

    A gene that was not found has one row without locus. Chain -1 marks a gene in two fragments.
    """
    rng = stream(seed, "toga", reference.assembly, query.assembly)
    complete = clade.isoforms.complete[registry["isoform"].to_numpy()].all(axis=1)
    rows = registry.filter(pl.Series(complete) & pl.col("coding"))
    rows = rows.filter(
        pl.Series(stream(seed, "toga", reference.assembly).random(len(rows)) < LISTED)
    )
    rows = rows.select(
        "isoform", "gene",
        pl.col("gene_id").str.split(".").list.first().alias("t_gene"),
        format_expr(
            "{}.{}", pl.col("transcript_id").str.split(".").list.first(), "gene_name"
        ).alias("t_transcript"),
    )  # fmt: skip
    gene = rows["gene"].to_numpy()
    chain = rng.permutation(CHAINS_PER_GENE * len(clade.genes))[: len(clade.genes)] + 1
    chain[clade.gene_at(leaf.breaks)] = -1
    own = rows.with_columns(
        locus=pl.Series(gene), chain=pl.Series(chain[gene]), loss=pl.Series(leaf.fate[gene])
    )
    second = _paralogous(clade, own, leaf, rng)
    return pl.concat([own, second]).with_columns(
        name=format_expr("{}.{}", "t_transcript", "chain")
    ).sort("isoform", "chain")  # fmt: skip


def _paralogous(
    clade: Clade, own: pl.DataFrame, leaf: Leaf, rng: np.random.Generator
) -> pl.DataFrame:
    """Project some intact genes' transcripts again, onto an intact relative of the gene."""
    genes = np.arange(len(clade.genes))
    relative = np.full(len(genes), -1)
    same = clade.family[1:] == clade.family[:-1]
    relative[1:][same] = np.flatnonzero(same)
    intact = (leaf.fate == "I") & ~np.isin(genes, clade.gene_at(leaf.breaks))
    chosen = (relative >= 0) & intact[relative] & (rng.random(len(genes)) < PARALOGOUS_CHAINS)
    chosen &= leaf.fate == "I"
    loss = rng.choice(["I", "PG"], len(genes))
    gene = own["gene"].to_numpy()
    gene = gene[chosen[gene]]
    return own.filter(pl.col("gene").is_in(gene)).with_columns(
        locus=pl.Series(relative[gene]),
        chain=pl.Series(CHAINS_PER_GENE * len(genes) + relative[gene] + 1),
        loss=pl.Series(loss[gene]),
    )


def bed12(clade: Clade, genome: Genome, projected: pl.DataFrame) -> pl.DataFrame:
    """Return the BED12 lines of the projections' coding exons, one line per scaffold."""
    found = projected.filter(pl.col("loss") != "N").with_row_index("row")
    isoform = found["isoform"].to_numpy()
    offsets = clade.isoforms.offsets
    exon, row = ranges(offsets[isoform], offsets[isoform + 1])
    part = coding_part(clade, clade.isoforms.exons[exon], isoform[row])
    kept = part[:, 1] > part[:, 0]
    part, row = part[kept], row[kept]
    shift = clade.locus[found["locus"].to_numpy()] - clade.locus[found["gene"].to_numpy()]
    piece, start, end = genome.primary.locate(part + shift[row, None])
    exons = pl.DataFrame(
        {
            "row": row.astype(np.uint32),
            "chrom": np.array(genome.names)[genome.primary.chrom[piece]],
            "strand": np.where(genome.primary.forward[piece], "+", "-"),
            "start": start,
            "end": end,
        }
    ).filter(pl.col("end") > pl.col("start"))
    return _lines(exons.sort("row", "chrom", "start"), found)


def _lines(exons: pl.DataFrame, projected: pl.DataFrame) -> pl.DataFrame:
    start = pl.col("start").min()
    lines = exons.group_by("row", "chrom", "strand", maintain_order=True).agg(
        start.alias("first"),
        pl.col("end").max().alias("last"),
        pl.len().alias("blocks"),
        ((pl.col("end") - pl.col("start")).cast(pl.String) + ",").str.join("").alias("sizes"),
        ((pl.col("start") - start).cast(pl.String) + ",").str.join("").alias("starts"),
    )
    return lines.join(projected, on="row").sort("row", "chrom").select(
        "chrom", "first", "last", "name", pl.lit(1000).alias("score"), "strand",
        pl.col("first").alias("thick_start"), pl.col("last").alias("thick_end"),
        pl.col("loss").replace_strict(COLOURS).alias("colour"), "blocks", "sizes", "starts",
    )  # fmt: skip


def losses(projected: pl.DataFrame) -> pl.DataFrame:
    """Return loss_summ_data: the class of every projection, transcript and gene."""
    best = projected.filter(pl.col("loss") != "PG").unique(
        "isoform", keep="first", maintain_order=True
    )
    found = projected.filter(pl.col("loss") != "N")
    genes = best.unique("t_gene", keep="first", maintain_order=True)
    return pl.concat(
        [
            table.select(pl.lit(kind).alias("kind"), pl.col(column).alias("id"), "loss")
            for kind, column, table in (
                ("PROJECTION", "name", found),
                ("TRANSCRIPT", "t_transcript", best),
                ("GENE", "t_gene", genes),
            )
        ]
    )


def orthology(projected: pl.DataFrame) -> pl.DataFrame:
    """Return orthologsClassification: which query gene each transcript corresponds to."""
    ortholog = pl.col("loss").is_in(["I", "PI", "UL"])
    table = projected.with_columns(ortholog=ortholog)
    table = table.with_columns(copies=pl.col("ortholog").sum().over("isoform"))
    missing = table.filter(pl.col("copies") == 0).unique(
        "isoform", keep="first", maintain_order=True
    )
    rows = pl.concat(
        [
            table.filter("ortholog").with_columns(
                q_gene=format_expr("reg_{}", "locus"),
                q_transcript=pl.col("name"),
                orthology_class=pl.when(pl.col("copies") > 1)
                .then(pl.lit("one2many"))
                .otherwise(pl.lit("one2one")),
            ),
            missing.with_columns(
                q_gene=pl.lit("None"),
                q_transcript=pl.lit("None"),
                orthology_class=pl.lit("one2zero"),
            ),
        ]
    )
    return rows.sort("isoform", "chain").select(
        "t_gene", "t_transcript", "q_gene", "q_transcript", "orthology_class"
    )
