"""Synthetic annotation sets: genes on a chromosome, and the dimensions of the paper's whole corpus.

Exons, introns and isoforms are about as many and as long as in human genes, unless asked otherwise.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from orthrus import schemas
from orthrus.annotation.exons import Exons, frames_from_start
from orthrus.simulate.ragged import ranges
from orthrus.strings import format_expr

LINE = 50
REFERENCE_SETS, TOGA_SETS = 10, 1_055
REFERENCE_TRANSCRIPTS, TOGA_TRANSCRIPTS = 753_288, 31_961_363
MEDIAN_LENGTH, LENGTH_SPREAD = 1_400, 0.74
"""Of a log-normal distribution: 1,840 nt in the mean, 60 billion in all."""


@dataclass(frozen=True)
class Shape:
    """The least and the most exons of a gene, and nucleotides of an exon; the last has 800 more."""

    exons: tuple[int, int]
    lengths: tuple[int, int]


MANY_EXONS = Shape((1, 15), (60, 400))
"""A transcript has 330 nt to an exon, where those of RefSeq on hg38 have 324."""
FEW_EXONS = Shape((1, 4), (400, 1_600))
"""A transcript has 1,320 nt to an exon."""


def write_genes(
    folder: Path,
    genes: int,
    isoforms: tuple[int, int] = (1, 4),
    name: str = "synthetic.genes",
    shape: Shape = MANY_EXONS,
) -> tuple[Path, Path]:
    """Write a transcript table of genes side by side, and their chromosome as plain FASTA.

    Parameters
    ----------
    folder
        Where `<name>.parquet` and `<name>.fa` are written.
    genes
        Their number.
    isoforms
        The fewest and the most isoforms of a gene. All but the first lack some exons.
    name
        The annotation set, which also seeds the random numbers.
    shape
        Of the genes.
    """
    rng = np.random.default_rng(list(name.encode()))
    table, length = _table(rng, genes, isoforms, name, shape)
    schemas.write_table(table, folder / f"{name}.parquet", schemas.TRANSCRIPTS)
    letters = np.full((-(-length // LINE), LINE + 1), ord("\n"), dtype=np.uint8)
    bases = rng.integers(0, 8, (len(letters), LINE), dtype=np.uint8)
    letters[:, :LINE] = np.frombuffer(b"ACGTacgt", np.uint8)[bases]
    (folder / f"{name}.fa").write_bytes(b">chr1\n" + letters.tobytes())
    return folder / f"{name}.parquet", folder / f"{name}.fa"


def real_data() -> Path | None:
    """Return the folder of real data, or say that rows are missing without it."""
    if folder := os.environ.get("ORTHRUS_REAL_DATA"):
        return Path(folder)
    print("ORTHRUS_REAL_DATA is not set: no rows of real data")
    return None


def whole_corpus() -> tuple[np.ndarray, np.ndarray]:
    """Return the first row of every set, and offsets of the paper's 32.7 million transcripts."""
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.full(REFERENCE_SETS, 4)), rng.dirichlet(np.full(TOGA_SETS, 20))
    sizes = np.concatenate(
        [
            rng.multinomial(REFERENCE_TRANSCRIPTS, shares[0]),
            rng.multinomial(TOGA_TRANSCRIPTS, shares[1]),
        ]
    )
    lengths = rng.lognormal(np.log(MEDIAN_LENGTH), LENGTH_SPREAD, sizes.sum()).astype(np.int64)
    return np.cumsum(sizes) - sizes, np.concatenate([[0], np.cumsum(lengths)])


def _table(
    rng: np.random.Generator, genes: int, isoforms: tuple[int, int], name: str, shape: Shape
) -> tuple[pl.DataFrame, int]:
    """Return TRANSCRIPTS and the length of their chromosome."""
    last = np.cumsum(rng.integers(*shape.exons, genes, endpoint=True))
    lengths = rng.integers(*shape.lengths, last[-1], endpoint=True)
    lengths[last - 1] += 800
    ends = np.cumsum(rng.integers(80, 2_000, len(lengths)) + lengths)
    gene = np.repeat(np.arange(genes), rng.integers(isoforms[0], isoforms[1] + 1, genes))
    first = np.concatenate([[0], last[:-1]])
    exon, transcript = ranges(first[gene], last[gene])
    whole = np.diff(gene, prepend=-1) > 0
    kept = (rng.random(len(exon)) < 0.85) | whole[transcript] | (exon == last[gene[transcript]] - 1)
    exon, transcript = exon[kept], transcript[kept]
    counts = np.bincount(transcript)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    starts = (ends - lengths)[exon]
    exons = Exons(starts, ends[exon], np.zeros(len(exon), dtype=np.int64), offsets)
    return _columns(exons, gene, name), int(ends[-1])


def _columns(exons: Exons, gene: np.ndarray, name: str) -> pl.DataFrame:
    """Return TRANSCRIPTS whose CDSs leave 30 nt on either side, every other gene reversed."""
    reverse = gene % 2 == 1
    left, right = exons.starts[exons.firsts], exons.ends[exons.lasts]
    cds = left + 30, right - 30
    frames = frames_from_start(exons, *cds, reverse)
    columns = {
        "gene_id": pl.Series(gene).cast(pl.String),
        "strand": np.where(reverse, "-", "+"),
        "tx_start": left,
        "tx_end": right,
        "cds_start": cds[0],
        "cds_end": cds[1],
        **Exons(exons.starts, exons.ends, frames, exons.offsets).lists(),
        "length": exons.sum(exons.ends - exons.starts),
    }
    same = {
        "annotation_set": name, "assembly": name.partition(".")[0], "species": "Synthetic",
        "chrom": "chr1", "cds_start_stat": "cmpl", "cds_end_stat": "cmpl", "origin": "annotation",
    }  # fmt: skip
    table = (
        pl.DataFrame(columns)
        .with_row_index("row")
        .with_columns(
            format_expr("{}.{}", "gene_id", "row").alias("transcript_id"),
            pl.col("gene_id").alias("gene_name"),
            **{column: pl.lit(value) for column, value in same.items()},
        )
    )
    empty = {column: pl.lit(None) for column in schemas.TRANSCRIPTS.columns}
    table = table.with_columns(**{c: v for c, v in empty.items() if c not in table.columns})
    table = table.with_columns(tags=pl.lit([], dtype=pl.List(pl.String)))
    return table.select(pl.col(c).cast(kind) for c, kind in schemas.TRANSCRIPTS.schema.items())
