"""Stores of anyone's transcripts in one call: `orthrus.encode`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from orthrus.annotation.normalize import SetMetadata
from orthrus.config.custom import CustomSettings
from orthrus.config.settings_model import parse
from orthrus.transcripts import custom
from orthrus.transcripts.store import Store

PathLike = str | os.PathLike[str]


def encode(
    output: PathLike,
    *,
    annotation: PathLike | None = None,
    genome: PathLike | None = None,
    aliases: PathLike | None = None,
    mature: PathLike | None = None,
    features: PathLike | None = None,
    name: str | None = None,
    species: str = "unknown",
    **settings: Any,
) -> Store:
    r"""Write a store of transcripts, from a gene table and its genome or from their sequences.

    Parameters
    ----------
    output
        The store to write, a folder such as `my.zarr`; an older one in its place is replaced.
    annotation, genome, aliases
        A gene table (GTF, GFF3, genePred, BED12), its genome (FASTA, 2bit), and further names of
        the genome's sequences; or else
    mature, features
        a FASTA file of mature transcripts, and a table of their CDS and exons.
    name
        `<assembly>.<annotation>`; by default after the file.
    species
        Scientific name.
    **settings
        Sections `annotation` and `transcripts` of `docs/configuration.md`, as mappings.

    Returns
    -------
    Store
        The store, opened.

    Raises
    ------
    OrthrusError
        A file is unusable, table and genome do not belong together, or no transcript is left.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     fasta = Path(folder, "mature.fa")
    ...     _ = fasta.write_text(">t1 cds=4-12 exons=1-6,7-15\nACGATGGCCTAAGGA\n")
    ...     store = encode(Path(folder, "my.zarr"), mature=fasta)
    ...     codes = store["t1"]
    >>> len(store), codes.shape, codes.dtype.name
    (1, (15,), 'uint8')
    """
    chosen = parse(CustomSettings, settings, "encode")
    given = (annotation, genome, aliases, mature, features)
    files = custom.CustomFiles(*(None if path is None else Path(path) for path in given))
    label = SetMetadata(name or files.default_name, species)
    custom.encode(files, Path(output), label, chosen)
    return Store.open(Path(output))
