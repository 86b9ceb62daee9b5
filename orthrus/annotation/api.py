"""Gene tables as data frames: `orthrus.read_annotation`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import polars as pl

from orthrus.annotation.build import Files, build
from orthrus.annotation.normalize import SetMetadata
from orthrus.config.custom import CustomAnnotationSettings
from orthrus.config.settings_model import parse


def read_annotation(
    path: str | os.PathLike[str],
    *,
    name: str = "own.annotation",
    species: str = "unknown",
    **settings: Any,
) -> pl.DataFrame:
    r"""Read a gene table: GTF, GFF3, genePred, BED12, refFlat, knownGene or bigGenePred.

    Rows that are no usable transcript are left out; `orthrus annotation build` lists them.

    Parameters
    ----------
    path
        The file, plain or gzip; its content tells the format.
    name
        `<assembly>.<annotation>`, for the column `annotation_set`.
    species
        Scientific name, for the column `species`.
    **settings
        Keys of the section `annotation` of `docs/configuration.md`, such as `min_intron=20`.

    Returns
    -------
    polars.DataFrame
        One row per transcript: identifiers, place, exons (`exon_starts`, `exon_ends`: nt, 0-based,
        half-open, in genomic order), `exon_frames`, CDS, biotype, tags, length of the mature RNA.
        `.to_pandas()` makes it a pandas table.

    Raises
    ------
    OrthrusError
        The file cannot be read, too many of its rows are malformed, or no row is left.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> names = 'gene_id "G1"; transcript_id "T1";'
    >>> exon = "chr1\tx\texon\t{}\t{}\t.\t+\t.\t" + names + "\n"
    >>> lines = [exon.format(11, 40), exon.format(51, 80)]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "my.gtf")
    ...     _ = path.write_text("".join(lines))
    ...     table = read_annotation(path)
    >>> table.select("transcript_id", "gene_id", "exon_starts", "exon_ends", "length").row(0)
    ('T1', 'G1', [10, 50], [40, 80], 60)
    """
    chosen = parse(CustomAnnotationSettings, settings, "read_annotation")
    return build(Files(Path(path)), SetMetadata(name, species), chosen).transcripts
