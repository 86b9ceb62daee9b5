"""Transcripts to embed: a store, a task, or anyone's own files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from orthrus import disk_errors, schemas
from orthrus.array_types import Ints
from orthrus.errors import OrthrusError
from orthrus.files import PARQUET_MAGIC, open_bytes, open_existing
from orthrus.log import say
from orthrus.transcripts.codes import CODON_START, EXON_END, Codes, check

MADE = "store or task table; make one with `orthrus encode`"
MADE_OR_OWN = "store, task table or FASTA; give a gene table as --annotation, with its --genome"


@dataclass(frozen=True)
class Transcripts:
    """Transcripts to embed: names (n,), codes end to end (nt,), and offsets (n + 1,) into them.

    Of `mature` ones nobody knows whether they are coding, where their file does not say so.
    """

    names: pl.Series
    codes: Codes
    offsets: Ints
    mature: bool = False

    @property
    def lengths(self) -> Ints:
        """(n,) int64: nt of every transcript."""
        return np.diff(self.offsets)


@dataclass(frozen=True)
class InputSpec:
    """What someone wants embedded: `source`, or else files of their own.

    Attributes
    ----------
    source
        A store, a task table, or a FASTA file of mature transcripts.
    annotation, genome, aliases, mature, features
        See `orthrus.transcripts.custom.CustomFiles`.
    """

    source: Path | None = None
    annotation: Path | None = None
    genome: Path | None = None
    aliases: Path | None = None
    mature: Path | None = None
    features: Path | None = None

    def read(self) -> Transcripts:
        """Read the transcripts; say what own files hold.

        Raises
        ------
        OrthrusError
            Both are given, or an input is unusable.
        """
        files = (self.annotation, self.genome, self.aliases, self.mature)
        if not self.source:
            return read_own(*files, self.features)
        if any(files):
            raise OrthrusError(f"{self.source}: give this or your own files, not both")
        if not self.source.is_dir() and _is_fasta(self.source):
            return read_own(mature=self.source, features=self.features)
        if self.features:
            raise OrthrusError("--features: goes with a FASTA file of mature transcripts")
        return open_transcripts(self.source, MADE_OR_OWN)


def open_transcripts(path: Path, wanted: str = MADE) -> Transcripts:
    """Read a store (a folder) or a task table; another file is told to be no `wanted`.

    Raises
    ------
    OrthrusError
        It is neither, it is damaged, or a transcript is empty.
    """
    if path.is_dir():
        from orthrus.transcripts.store import Store  # compiled code, which a task does without

        store = Store.open(path)
        transcripts = Transcripts(store.table["transcript_id"], store.verify(), store.offsets)
    else:
        task = _read_task(path, wanted)
        codes = np.frombuffer(b"".join(task["codes"]), dtype=np.uint8)
        offsets = np.concatenate(([0], task["length"].to_numpy().cumsum()))
        transcripts = Transcripts(task["transcript_id"], codes, offsets)
    if not len(transcripts.names):
        raise OrthrusError(f"{path}: holds no transcript")
    check(transcripts.codes)
    if (empty := np.flatnonzero(transcripts.lengths == 0)).size:
        raise OrthrusError(f"{path}: transcript {transcripts.names[int(empty[0])]} is empty")
    return transcripts


def _read_task(path: Path, wanted: str) -> pl.DataFrame:
    with open_existing(path) as handle:
        if handle.read(len(PARQUET_MAGIC)) != PARQUET_MAGIC:
            raise OrthrusError(f"{path}: is no {wanted}")
    task = schemas.read_table(path, schemas.TASK)
    if wrong := task.filter(pl.col("codes").bin.size() != pl.col("length")).height:
        raise OrthrusError(
            f"{path}: {wrong} transcripts have another length than codes; build the task again"
        )
    return task


def read_own(
    annotation: Path | None = None,
    genome: Path | None = None,
    aliases: Path | None = None,
    mature: Path | None = None,
    features: Path | None = None,
) -> Transcripts:
    """Read one's own transcripts as `orthrus encode` does, and say what that says of them.

    Raises
    ------
    OrthrusError
        See `orthrus.transcripts.custom.encode`.
    """
    from orthrus.annotation.normalize import SetMetadata
    from orthrus.config.custom import CustomSettings
    from orthrus.transcripts import custom

    files = custom.CustomFiles(annotation, genome, aliases, mature, features)
    with disk_errors.temporary_folder() as scratch:
        store = scratch / "own.zarr"
        label = SetMetadata(files.default_name, "unknown")
        *lines, _ = custom.encode(files, store, label, CustomSettings())
        for line in lines:
            say(line)
        return replace(open_transcripts(store), mature=mature is not None)


def _is_fasta(path: Path) -> bool:
    with open_bytes(path) as handle:
        return handle.read(1) == b">"


LOSS = (
    "in the demo, the correlation of probes with half-lives falls from 0.80 to 0.78 without CDSs, "
    "to 0.68 without exon ends and to 0.66 without both"
)
"""Measured on 1,073 human transcripts of the demo with the model `contrastive`, ten splits."""


def shortcomings(transcripts: Transcripts, n_tracks: int) -> list[str]:
    """Say in a line each what a model cannot know of these transcripts.

    An annotation tells non-coding transcripts: there, a CDS is missing only if none has one.
    """
    if n_tracks == 4:
        return ["the model has 4 tracks: it reads the bases alone, no CDS and no exons"]
    starts, ends = transcripts.offsets[:-1], transcripts.offsets[1:]
    n = len(starts)
    without_exons = int((transcripts.codes[ends - 1] & EXON_END == 0).sum())
    marks = np.bitwise_or.reduceat(transcripts.codes, starts)
    without_cds = int((marks & CODON_START == 0).sum())
    missing = [f"{without_exons} of {n} have no exon ends"] * bool(without_exons)
    if without_cds == n or (without_cds and transcripts.mature):
        missing.append(f"{without_cds} of {n} have no CDS")
    if not missing:
        return []
    return [
        f"of these transcripts {' and '.join(missing)}: there those tracks are zeros, though the "
        f"model was trained with them; {LOSS}"
    ]
