"""A map of a store's embeddings in two dimensions (paper, Figure A4)."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt
import polars as pl

from orthrus.config.evaluate import UmapSettings
from orthrus.errors import OrthrusError
from orthrus.schemas import Column, Contract
from orthrus.transcripts.codes import TRACKS
from orthrus.transcripts.store import Store

MAP = Contract(
    "map",
    {
        "transcript_id": Column(pl.String()),
        "x": Column(pl.Float32()),
        "y": Column(pl.Float32()),
        "length": Column(pl.Int64()),
        "exons": Column(pl.Int64()),
        "cds_length": Column(pl.Int64()),
        "gc": Column(pl.Float64()),
    },
    key=("transcript_id",),
)
"""Where each transcript lies, and what it is coloured by.

`length` and `cds_length` in nt (0 without a CDS); `gc` is the fraction of known bases.
"""


def sample(n: int, settings: UmapSettings) -> npt.NDArray[np.int64]:
    """Return the rows to draw, ascending: all of `n`, or `max_points` at random."""
    if n <= settings.max_points:
        return np.arange(n)
    rng = np.random.default_rng(settings.seed)
    return np.sort(rng.choice(n, settings.max_points, replace=False))


def layout(vectors: npt.NDArray[np.float32], settings: UmapSettings) -> npt.NDArray[np.float32]:
    """Lay out vectors (n, width) as points (n, 2), the same for the same seed.

    Raises
    ------
    OrthrusError
        There are not more vectors than neighbours.
    """
    if len(vectors) <= settings.neighbors:
        raise OrthrusError(
            f"{len(vectors)} embeddings are too few for a map with neighbors={settings.neighbors}"
        )
    with warnings.catch_warnings():
        # umap mentions that its optional Keras model is not installed.
        warnings.simplefilter("ignore", ImportWarning)
        import umap
    mapper = umap.UMAP(n_neighbors=settings.neighbors, random_state=settings.seed, n_jobs=1)
    points: npt.NDArray[np.float32] = mapper.fit_transform(vectors)
    return points


def properties(store: Store, rows: npt.NDArray[np.int64]) -> pl.DataFrame:
    """Return the columns of MAP after `y` for some rows of a store."""
    cds = (pl.col("mature_cds_end") - pl.col("mature_cds_start")).fill_null(0)
    return store.table[rows].select(
        "transcript_id",
        "length",
        pl.col("exon_starts").list.len().cast(pl.Int64).alias("exons"),
        cds.alias("cds_length"),
        pl.Series("gc", gc_fraction(store)[rows]),
    )


def gc_fraction(store: Store) -> npt.NDArray[np.float64]:
    """Return the fraction of G and C among the known bases of every transcript; 0 without any."""
    codes, starts = store.codes(), store.offsets[:-1]
    is_strong, is_known = (TRACKS[:, bases].max(axis=1) for bases in (slice(1, 3), slice(4)))
    strong, known = (
        np.add.reduceat(kind[codes], starts, dtype=np.int64) for kind in (is_strong, is_known)
    )
    return strong / np.maximum(known, 1)
