"""The npz release of the benchmark suite: one array of six tracks per task.

Arrays: `X` (n, Lmax, 6) of 0 and 1, tracks A, C, G, T, CDS, splice, padded on the right; `y` (n,)
or (n, labels); `genes` (n,) text. A position without a base is N; the trailing ones are padding,
whatever their other tracks say.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
import polars as pl

from orthrus.errors import OrthrusError
from orthrus.files import ZIP_FAULTS
from orthrus.tasks.labels import binary
from orthrus.tasks.release_parquet import Release
from orthrus.transcripts.codes import CODON_START, EXON_END, TRACK_NAMES, UNKNOWN, Codes

BLOCK = 1 << 26
"""Bytes of `X` in memory at a time; whole, the largest of the paper's has 15 GB."""


def read_release_npz(path: Path) -> Release:
    """Read and check a file, a block of transcripts at a time.

    Raises
    ------
    OrthrusError
        The file is damaged, an array is missing or has another shape, a track holds another value
        than 0 and 1, a position has two bases, or a transcript has none.
    """
    with _archive(path) as archive:
        targets = np.atleast_2d(_array(archive, "y").astype(np.float64).T).T
        n = len(targets)
        genes = _array(archive, "genes") if "genes.npy" in archive.namelist() else None
        codes, lengths = _tracks(archive, n)
        if genes is not None and genes.shape != (n,):
            raise ValueError(f"y has {n} rows, but genes {genes.shape}")
    rows = pl.DataFrame(
        {
            "transcript": pl.Series([None] * n, dtype=pl.String),
            "gene": pl.Series([None] * n if genes is None else genes.astype(str).tolist(),
                              dtype=pl.String),
            "chromosome": pl.Series([None] * n, dtype=pl.String),
            "codes": binary(codes, np.concatenate(([0], lengths.cumsum()))),
            "length": lengths,
        }
    )  # fmt: skip
    return Release(path, rows, targets, ())


def is_npz(path: Path) -> bool:
    """Tell whether a file is an archive of arrays."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith(".npy") for name in archive.namelist())
    except ZIP_FAULTS:
        return False


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive, and turn what is wrong with it into one line."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except ValueError as error:
        raise OrthrusError(f"{path}: {' '.join(str(error).split())}") from None
    except ZIP_FAULTS as error:
        raise OrthrusError(f"{path}: is damaged ({error}); fetch it again") from None


@contextmanager
def _member(archive: zipfile.ZipFile, name: str) -> Iterator[IO[bytes]]:
    if f"{name}.npy" not in archive.namelist():
        held = ", ".join(member.removesuffix(".npy") for member in archive.namelist())
        raise ValueError(f"has no array {name!r}, but {held}")
    with archive.open(f"{name}.npy") as handle:
        yield handle


def _array(archive: zipfile.ZipFile, name: str) -> npt.NDArray[np.generic]:
    with _member(archive, name) as handle:
        array: npt.NDArray[np.generic] = np.lib.format.read_array(handle, allow_pickle=False)
        return array


def _tracks(archive: zipfile.ZipFile, n: int) -> tuple[Codes, npt.NDArray[np.int64]]:
    """Return the codes of all transcripts end to end, and their lengths."""
    with _member(archive, "X") as handle:
        version = np.lib.format.read_magic(handle)
        header = np.lib.format.read_array_header_1_0
        if version != (1, 0):
            header = np.lib.format.read_array_header_2_0
        shape, fortran, dtype = header(handle)
        if len(shape) != 3 or shape[0] != n or shape[2] != len(TRACK_NAMES) or fortran:
            raise ValueError(f"X has shape {shape}; it must be ({n}, length, 6), in C order")
        parts, lengths = [], []
        size = shape[1] * shape[2] * dtype.itemsize
        step = max(1, BLOCK // max(1, size))
        for first in range(0, n, step):
            count = min(step, n - first)
            content = handle.read(count * size)
            if len(content) != count * size:
                raise EOFError("X ends early")
            block = np.frombuffer(content, dtype=dtype).reshape(count, *shape[1:])
            codes, length = _encode(block, first)
            parts.append(codes)
            lengths.append(length)
    return np.concatenate(parts), np.concatenate(lengths)


def _encode(tracks: npt.NDArray[np.generic], first: int) -> tuple[Codes, npt.NDArray[np.int64]]:
    """Return the codes of a block (rows, L, 6) without padding; its row 0 is row `first` of X."""
    bits = _bits(tracks)
    bases = bits[..., 0] + bits[..., 1] + bits[..., 2] + bits[..., 3]
    if bases.size and bases.max() > 1:
        row = first + int((bases.max(axis=1) > 1).argmax())
        raise ValueError(f"row {row + 1} of X has two bases at one position")
    size = bases.shape[1]
    lengths = np.where(bases.any(axis=1), size - (bases[:, ::-1] != 0).argmax(axis=1), 0)
    if not lengths.all():
        raise ValueError(f"row {first + int(lengths.argmin()) + 1} of X has no base")
    inside = np.arange(size) < lengths[:, None]
    _, c, g, t, cds, splice = bits[inside].T
    unknown = UNKNOWN * (1 - bases[inside])
    codes: Codes = c + 2 * g + 3 * t + unknown + CODON_START * cds + EXON_END * splice
    return codes, lengths


def _bits(tracks: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8]:
    """Return tracks as uint8 without copying bytes; ValueError unless they are 0 or 1."""
    single = tracks.dtype.itemsize == 1
    bits = tracks.view(np.uint8) if single else tracks.astype(np.uint8)
    if bits.size and (bits.max() > 1 or not (single or np.array_equal(bits, tracks))):
        raise ValueError("X holds values other than 0 and 1")
    return bits
