"""Which CDS lines of one GFF3 parent belong to several CDSs.

The lines of a CDS share their ID (NCBI, Ensembl), have none, or each has its own (JGI, Phytozome,
FlyBase, which number them). So different IDs mean several CDSs only where

- the lines name different proteins (`protein_id`), or, if they name none,
- one of the IDs occurs twice under the parent: it does not number lines,
- the IDs differ in more than numbers and random identifiers (`cds-A`, `cds-B`), or
- they are NCBI's, which hold the protein's accession (`cds-NP_000001.1`).
"""

from __future__ import annotations

import polars as pl

NUMBERS = r"[0-9A-Fa-f]{8}-?(?:[0-9A-Fa-f]{4}-?){3,}[0-9A-Fa-f]+|\d+"
NCBI = r"^cds-(?:[A-Z]P_\d|[A-Z]{3}\d{5})"


def several(parts: pl.DataFrame) -> pl.DataFrame:
    """Return `key` and `detail` of the transcripts with several CDSs.

    Parameters
    ----------
    parts
        Lines with `key`, `feature`, `cds` (the line's ID) and `protein` (its protein).
    """
    lines = parts.filter((pl.col("feature") == "CDS") & pl.col("cds").is_not_null())
    varied = lines.group_by("key").agg(pl.col("cds").n_unique()).filter(pl.col("cds") > 1)
    names = pl.col("cds")
    told = (
        lines.join(varied, on="key", how="semi")
        .group_by("key", maintain_order=True)
        .agg(
            proteins=pl.col("protein").drop_nulls().n_unique(),
            apart=names.is_duplicated().any()
            | (names.str.replace_all(NUMBERS, "#").n_unique() > 1)
            | names.str.contains(NCBI).all(),
            detail=pl.lit("CDSs ") + names.unique(maintain_order=True).head(3).str.join(", "),
        )
    )
    apart = pl.when(pl.col("proteins") > 0).then(pl.col("proteins") > 1).otherwise("apart")
    return told.filter(apart).select("key", "detail")
