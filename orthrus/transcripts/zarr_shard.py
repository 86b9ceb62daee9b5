"""One-dimensional Zarr arrays in a single shard, read and written without Zarr's cost per access.

Zarr takes a millisecond for a slice of a shard, whatever its size; this reader looks the chunk up
in the shard's index, reads it with one system call and decompresses it. The files are those that
Zarr writes and reads: see `docs/store-format.md`.
"""

from __future__ import annotations

import json
import os
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import google_crc32c
import numpy as np
import numpy.typing as npt
from numcodecs.blosc import Blosc
from numcodecs.zstd import Zstd

from orthrus import embedded_digests
from orthrus.array_types import Ints
from orthrus.transcripts.kernels import Indices, copy_bits, copy_stretches

CHUNK_BYTES = 512 << 10
"""A block of Zstandard is 128 KiB: here the two planes of bases are one, apart from the marks."""

LEVEL = 2
"""Of Blosc. Above, writing takes up to four times as long, for 1 % less."""

SHARD = Path("c/0")
CODECS = ["bytes", "blosc", "crc32c"]
CHECKSUM_BYTES = 4

PLANES = 8
IN_PLANES = 0x94
"""Blosc's flags of Zstandard with bit shuffle, not split."""
WHOLE = 4  # as in one of four
"""Where this part of a chunk is wanted, Blosc undoes the bit shuffle of all of it as fast."""

Values = npt.NDArray[Any]


class ShardArray:
    """A one-dimensional array of a Zarr group, opened for reading.

    Holds no open file, so that it can be used in forked and spawned processes and hundreds can be
    open at once.

    Attributes
    ----------
    folder
        The array's folder.
    size
        The number of elements.
    dtype
        Of the elements.
    chunk
        The number of elements of a chunk.

    Raises
    ------
    OSError, KeyError, TypeError, ValueError
        Here and in reading: a file is missing, damaged, or of other codecs than `CODECS`.
    """

    def __init__(self, folder: Path) -> None:
        content = (folder / "zarr.json").read_bytes()
        about = json.loads(content)
        (sharding,) = about["codecs"]
        codecs = [codec["name"] for codec in sharding["configuration"]["codecs"]]
        if codecs != CODECS:
            raise ValueError(f"{folder.name} has the codecs {codecs}")
        self.folder = folder
        (self.size,) = about["shape"]
        (self.chunk,) = sharding["configuration"]["chunk_shape"]
        (shard,) = about["chunk_grid"]["configuration"]["chunk_shape"]
        self._chunks = shard // self.chunk
        self.dtype = np.dtype(about["data_type"]).newbyteorder("<")
        if self.dtype.kind not in "iu":
            raise ValueError(f"{folder.name} holds {self.dtype}, not integers")
        embedded_digests.check_json(content, folder / "zarr.json")

    def read(self, start: int = 0, end: int | None = None) -> Values:
        """Return elements `start:end`."""
        end = self.size if end is None else end
        values = np.empty(end - start, dtype=self.dtype)
        with self._open() as handle:
            for number in range(start // self.chunk, -(-end // self.chunk)):
                first = number * self.chunk
                left, right = max(first, start), min(first + self.chunk, end)
                if right - left == self.chunk:
                    raw = self._raw(handle, number)
                    Blosc().decode(raw, out=values[left - start : right - start])
                else:
                    pieces = np.array([[left - first], [right - first], [left - start]])
                    self._copy(handle, number, pieces.astype(np.uint64), values)
        return values

    def gather(self, starts: Ints, ends: Ints) -> tuple[Values, Ints]:
        """Return stretches `starts[i]:ends[i]` end to end, decompressing each chunk once.

        Parameters
        ----------
        starts, ends
            (r,) int64, in any order, within the array.

        Returns
        -------
        tuple
            The elements, and (r + 1,) int64 where each stretch starts in them.
        """
        offsets = np.concatenate([[0], np.cumsum(ends - starts)])
        values = np.empty(offsets[-1], dtype=self.dtype)
        stretch, number = _chunks_of(starts, ends, self.chunk)
        first = number * self.chunk
        left = np.maximum(starts[stretch], first)
        right = np.minimum(ends[stretch], first + self.chunk)
        places = offsets[stretch] + left - starts[stretch]
        pieces = np.stack([left - first, right - first, places]).astype(np.uint64)
        edges = np.flatnonzero(np.diff(number, prepend=-1, append=-1))
        with self._open() as handle:
            for begin, end in pairwise(edges):
                self._copy(handle, int(number[begin]), pieces[:, begin:end], values)
        return values, offsets

    @cached_property
    def _index(self) -> Ints:
        """(chunks, 2): where each chunk starts in the shard, and its bytes; -1 if it is absent."""
        size = 16 * self._chunks + CHECKSUM_BYTES
        with (self.folder / SHARD).open("rb") as handle:
            raw = os.pread(handle.fileno(), size, os.fstat(handle.fileno()).st_size - size)
        return np.frombuffer(_checked(raw, "the index"), dtype="<i8").reshape(-1, 2)

    def _open(self) -> IO[bytes]:
        return (self.folder / SHARD).open("rb", buffering=0)

    def _raw(self, handle: IO[bytes], number: int) -> bytes:
        start, size = self._index[number].tolist()
        if size < 0:
            raise ValueError(f"chunk {number} is absent")
        return _checked(os.pread(handle.fileno(), size, start), f"chunk {number}")

    def _copy(self, handle: IO[bytes], number: int, pieces: Indices, values: Values) -> None:
        """Copy pieces of a chunk; they are starts and ends in it and places in `values`, (3, r)."""
        raw = self._raw(handle, number)
        scratch = np.empty(self.chunk, dtype=self.dtype)
        if WHOLE * int((pieces[1] - pieces[0]).sum()) < self.chunk and _planes(raw, scratch):
            copy_bits(scratch.reshape(PLANES, -1), *pieces, values)
        else:
            Blosc().decode(raw, out=scratch)
            copy_stretches(scratch, *pieces, values)


def _planes(raw: bytes, out: Values) -> bool:
    """Decompress a chunk but leave its bits shuffled, (8, n / 8); False where Blosc has to read it.

    A chunk is that of a reader's own if it is one block of bytes: the header of Blosc, where the
    block starts, its compressed size, and a frame of Zstandard.
    """
    flags, width = raw[2:4]
    size, block, _, start = np.frombuffer(raw, "<u4", 4, offset=4).tolist()
    if (flags, width, out.itemsize) != (IN_PLANES, 1, 1) or size != block or size != len(out):
        return False
    (compressed,) = np.frombuffer(raw, "<u4", 1, offset=start).tolist()
    if size % PLANES or compressed >= size:
        return False
    start += 4
    Zstd().decode(memoryview(raw)[start : start + compressed], out)
    return True


def _chunks_of(starts: Ints, ends: Ints, chunk: int) -> tuple[Ints, Ints]:
    """Return pairs (stretch, chunk that it touches), sorted by chunk."""
    first = starts // chunk
    counts = np.where(ends > starts, (ends - 1) // chunk + 1 - first, 0)
    stretch = np.repeat(np.arange(len(starts)), counts)
    within = np.arange(len(stretch)) - np.repeat(np.cumsum(counts) - counts, counts)
    number = first[stretch] + within
    order = np.argsort(number, kind="stable")
    return stretch[order], number[order]


def _checked(raw: bytes, what: str) -> bytes:
    """Return a piece of a shard without its checksum."""
    body, checksum = raw[:-CHECKSUM_BYTES], raw[-CHECKSUM_BYTES:]
    if google_crc32c.value(body) != int.from_bytes(checksum, "little"):
        raise ValueError(f"{what} does not have its checksum")
    return body


def write_array(group: Any, name: str, values: Values, fill_value: int) -> None:
    """Write a one-dimensional array of a Zarr group as a single shard."""
    from zarr.codecs import BloscCodec, Crc32cCodec

    chunk = CHUNK_BYTES // values.itemsize
    # One block of Blosc to a chunk, which leaves every bit of the codes a plane of its own.
    options = {"clevel": LEVEL, "typesize": values.itemsize, "blocksize": CHUNK_BYTES}
    group.create_array(
        name,
        shape=values.shape,
        dtype=values.dtype,
        chunks=(chunk,),
        shards=(chunk * max(1, -(-len(values) // chunk)),),
        compressors=[BloscCodec(cname="zstd", shuffle="bitshuffle", **options), Crc32cCodec()],
        fill_value=fill_value,
    )
    blosc = Blosc(cname="zstd", shuffle=Blosc.BITSHUFFLE, **options)
    _write_chunks(Path(group.store.root) / name / SHARD, values, chunk, blosc, fill_value)


def _write_chunks(path: Path, values: Values, chunk: int, blosc: Blosc, fill_value: int) -> None:
    index, place = [], 0
    path.parent.mkdir(parents=True)
    with path.open("wb") as handle:
        for start in range(0, len(values), chunk):
            piece = values[start : start + chunk]
            if len(piece) < chunk:
                piece = np.pad(piece, (0, chunk - len(piece)), constant_values=fill_value)
            size = _write(handle, blosc.encode(piece))
            index.append((place, size))
            place += size
        _write(handle, np.array(index, dtype="<i8").tobytes())


def _write(handle: IO[bytes], body: bytes) -> int:
    """Write a piece of a shard and its checksum, and return their size."""
    return handle.write(body) + handle.write(
        google_crc32c.value(body).to_bytes(CHECKSUM_BYTES, "little")
    )
