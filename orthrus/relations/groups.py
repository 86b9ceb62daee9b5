"""Gene groups: which transcripts, of any species, are taken for products of one gene.

A group is named by a key, the same text for all its transcripts. The rules, first match first:

Reference transcripts (`origin` is `annotation`)
    1. the gene symbol, without case; across species when `naive`, else within the species;
    2. the gene id, within the species;
    3. the transcript alone.

TOGA projections (set `<assembly>.toga_<reference>`)
    1. the group of the reference transcript they were projected from: of the sets on assembly
       `<reference>`, the exact id decides, then the id without version; among equals the first
       in global row order;
    2. the group of the reference gene with the same gene id on that assembly;
    3. the symbol, then the gene id, as for a reference transcript of the reference's species;
    4. all projections of the same reference transcript, from any query;
    5. the projection alone.
"""

from __future__ import annotations

import polars as pl

from orthrus.errors import OrthrusError
from orthrus.relations.stores import filled, folded, unversioned


def group_transcripts(rows: pl.DataFrame, naive: bool) -> pl.DataFrame:
    """Assign every transcript to a gene group.

    Parameters
    ----------
    rows
        Transcripts as from `stores.read_stores`.
    naive
        Whether symbols are pooled across species (P2, naive orthology).

    Returns
    -------
    pl.DataFrame
        `rows` with `group` (Int32, numbered by first appearance), `group_name` and
        `reference_row` (Int64; global row of a projection's reference transcript, else null).

    Raises
    ------
    OrthrusError
        A set with projections is not named `<assembly>.toga_<reference>`.
    """
    is_toga = pl.col("origin") == "toga"
    references = _key_references(rows.filter(~is_toga), naive)
    projections = _key_projections(rows.filter(is_toga), references, naive)
    columns = ("row", "key", "label", "reference_row")
    keyed = pl.concat([references.select(columns), projections.select(columns)]).sort("row")
    first_row = pl.col("row").min().over("key")
    return rows.hstack(
        keyed.select(
            (first_row.rank("dense").cast(pl.Int32) - 1).alias("group"),
            pl.col("label").first().over("key").alias("group_name"),
            "reference_row",
        )
    )


def _key_references(references: pl.DataFrame, naive: bool) -> pl.DataFrame:
    alone = _key("transcript", pl.col("annotation_set"), pl.col("transcript_id"))
    return references.with_columns(
        pl.coalesce(*_gene_keys(pl.col("species"), naive), alone).alias("key"),
        _label("transcript_id"),
        pl.lit(None, pl.Int64).alias("reference_row"),
    )


def _key_projections(
    projections: pl.DataFrame, references: pl.DataFrame, naive: bool
) -> pl.DataFrame:
    projections = _find_reference_row(_name_reference(projections), references)
    parents = references.select(
        pl.col("row").alias("reference_row"), pl.col("key").alias("parent_key")
    )
    gene = unversioned(filled(pl.col("gene_id"))).alias("gene")
    genes = _first(references.select("assembly", gene, pl.col("key").alias("gene_key")), "gene")
    homes = references.group_by("assembly").agg(pl.col("species").first().alias("home"))
    joined = (
        projections.with_columns(gene)
        .join(parents, on="reference_row", how="left", maintain_order="left")
        .join(genes, on=["assembly", "gene"], how="left", maintain_order="left")
        .join(homes, on="assembly", how="left", maintain_order="left")
    )
    home = pl.coalesce("home", pl.format("the species of {}", "assembly"))
    source = unversioned(pl.col("reference_transcript"))
    return joined.with_columns(
        pl.coalesce(
            "parent_key",
            "gene_key",
            *_gene_keys(home, naive),
            _key("projections", pl.col("assembly"), source),
            _key("projection", pl.col("annotation_set"), pl.col("transcript_id")),
        ).alias("key"),
        _label("reference_transcript", "transcript_id"),
    )


def _name_reference(projections: pl.DataFrame) -> pl.DataFrame:
    """Replace `assembly` by the reference assembly that the set's name tells."""
    named = projections.with_columns(
        pl.col("annotation_set").str.extract(r"\.toga_(.+)$").alias("assembly")
    )
    if named["assembly"].null_count():
        name = named.filter(pl.col("assembly").is_null())["annotation_set"][0]
        raise OrthrusError(
            f"annotation set {name}: holds TOGA projections but is not named "
            "<assembly>.toga_<reference assembly>; rename it"
        )
    return named


def _find_reference_row(projections: pl.DataFrame, references: pl.DataFrame) -> pl.DataFrame:
    """Add `reference_row`: the reference transcript by exact id, else by id without version."""
    exact, bare = pl.col("transcript_id"), unversioned(pl.col("transcript_id"))
    wanted = pl.col("reference_transcript")
    for source, name, column in ((wanted, "exact", exact), (unversioned(wanted), "bare", bare)):
        found = references.select("assembly", column.alias("source"), pl.col("row").alias(name))
        projections = projections.with_columns(source.alias("source")).join(
            _first(found, "source"), on=["assembly", "source"], how="left", maintain_order="left"
        )
    return projections.with_columns(pl.coalesce("exact", "bare").alias("reference_row"))


def _first(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Keep the first row of every assembly and value of `column` that is not null."""
    known = frame.filter(pl.col(column).is_not_null())
    return known.unique(["assembly", column], keep="first", maintain_order=True)


def _gene_keys(species: pl.Expr, naive: bool) -> tuple[pl.Expr, pl.Expr]:
    """Return the keys by symbol and by gene id; null where there is none."""
    symbol, gene = folded(pl.col("gene_name")), unversioned(filled(pl.col("gene_id")))
    scope = pl.lit("") if naive else species
    return _key("symbol", scope, symbol), _key("gene", species, gene)


def _key(kind: str, scope: pl.Expr, value: pl.Expr) -> pl.Expr:
    return pl.concat_str(pl.lit(kind), scope, value, separator="\t")


def _label(*otherwise: str) -> pl.Expr:
    """Return what people call a group: the symbol, gene id or transcript of its first row."""
    gene = filled(pl.col("gene_name")), filled(pl.col("gene_id"))
    return pl.coalesce(*gene, *otherwise).alias("label")
