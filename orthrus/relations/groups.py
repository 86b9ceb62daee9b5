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

PROJECTION = (
    "row",
    "annotation_set",
    "transcript_id",
    "gene_id",
    "gene_name",
    "reference_transcript",
)
KEYED = ("row", "key", "reference_row")


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
        `rows` with `group` (Int32, numbered by first appearance) and `reference_row` (Int64;
        global row of a projection's reference transcript, else null).

    Raises
    ------
    OrthrusError
        A set with projections is not named `<assembly>.toga_<reference>`.
    """
    is_toga = pl.col("origin") == "toga"
    references = _key_references(rows.filter(~is_toga), naive)
    projections = rows.lazy().filter(is_toga).select(PROJECTION).collect()
    keyed = pl.concat([references.select(KEYED), _key_projections(projections, references, naive)])
    first_row = pl.col("row").min().over("key").alias("first_row")
    in_order = keyed.select("row", "reference_row", first_row).sort("row")
    number = pl.col("first_row").rank("dense").cast(pl.Int32) - 1
    return rows.hstack(in_order.select(number.alias("group"), "reference_row"))


def _key_references(references: pl.DataFrame, naive: bool) -> pl.DataFrame:
    alone = _key("transcript", pl.col("annotation_set"), pl.col("transcript_id"))
    return references.with_columns(
        pl.coalesce(*_gene_keys(pl.col("species"), naive), alone).alias("key"),
        pl.lit(None, pl.Int64).alias("reference_row"),
    )


def _key_projections(
    projections: pl.DataFrame, references: pl.DataFrame, naive: bool
) -> pl.DataFrame:
    named = projections.join(
        _reference_assemblies(projections), on="annotation_set", maintain_order="left"
    )
    traced = named.join(
        _trace(named, references),
        on=["assembly", "reference_transcript"],
        how="left",
        maintain_order="left",
    )
    parents = references.select(pl.col("row").alias("reference_row"), "key")
    attached = traced.select("row", "reference_row").join(parents, on="reference_row")
    loose = _key_by_gene(traced.filter(pl.col("reference_row").is_null()), references, naive)
    return pl.concat([attached.select(KEYED), loose.select(KEYED)])


def _reference_assemblies(projections: pl.DataFrame) -> pl.DataFrame:
    """Return `assembly`, the reference that the name of every `annotation_set` tells."""
    sets = projections.select(pl.col("annotation_set").unique().sort())
    named = sets.with_columns(
        pl.col("annotation_set").str.extract(r"\.toga_(.+)$").alias("assembly")
    )
    nameless = named.filter(pl.col("assembly").is_null())["annotation_set"]
    if len(nameless):
        raise OrthrusError(
            f"annotation set {nameless[0]}: holds TOGA projections but is not named "
            "<assembly>.toga_<reference assembly>; rename it"
        )
    return named


def _trace(projections: pl.DataFrame, references: pl.DataFrame) -> pl.DataFrame:
    """Return `reference_row` of every reference transcript: by exact id, else without version."""
    name, found = pl.col("reference_transcript"), pl.col("transcript_id")
    sources = projections.select("assembly", name).drop_nulls().unique()
    for column, source, target in (
        ("exact", name, found),
        ("bare", unversioned(name), unversioned(found)),
    ):
        targets = references.select("assembly", target.alias("source"), pl.col("row").alias(column))
        sources = sources.with_columns(source.alias("source")).join(
            _first(targets, "source"), on=["assembly", "source"], how="left"
        )
    return sources.select(
        "assembly", "reference_transcript", pl.coalesce("exact", "bare").alias("reference_row")
    )


def _key_by_gene(loose: pl.DataFrame, references: pl.DataFrame, naive: bool) -> pl.DataFrame:
    """Add the key of projections whose reference transcript is not in the corpus."""
    gene = unversioned(filled(pl.col("gene_id"))).alias("gene")
    genes = _first(references.select("assembly", gene, pl.col("key").alias("gene_key")), "gene")
    homes = references.group_by("assembly").agg(pl.col("species").first().alias("home"))
    joined = (
        loose.with_columns(gene)
        .join(genes, on=["assembly", "gene"], how="left", maintain_order="left")
        .join(homes, on="assembly", how="left", maintain_order="left")
    )
    home = pl.coalesce("home", pl.format("the species of {}", "assembly"))
    source = unversioned(pl.col("reference_transcript"))
    return joined.with_columns(
        pl.coalesce(
            "gene_key",
            *_gene_keys(home, naive),
            _key("projections", pl.col("assembly"), source),
            _key("projection", pl.col("annotation_set"), pl.col("transcript_id")),
        ).alias("key")
    )


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
