"""The six-track store: a Zarr group of one annotation set, with its table beside the arrays.

The format is defined in `docs/store-format.md`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import zarr
from zarr.codecs import BloscCodec, Crc32cCodec

from orthrus import tables
from orthrus.errors import OrthrusError
from orthrus.files import atomic_folder
from orthrus.transcripts.codes import UNKNOWN, Codes, check
from orthrus.transcripts.digest import logical_digest

FORMAT = "orthrus six-track store"
FORMAT_VERSION = 1
METADATA, TABLE, REJECTED = "zarr.json", "table.parquet", "rejected.parquet"
CHUNK_BYTES = 1 << 20

Offsets = npt.NDArray[np.int64]

# Zarr spreads chunks over threads; a store is one job on one core.
ONE_THREAD = {"threading.max_workers": 1, "async.concurrency": 1}


class Store:
    """A store opened for reading.

    `store[i]` and `store["transcript id"]` give the codes of one transcript, (L,) uint8;
    `len(store)` is the number of transcripts. A single read costs about a millisecond: for random
    access to many transcripts use `orthrus.transcripts.corpus.Corpus`.

    Attributes
    ----------
    path
        The store's folder.
    attributes
        What the store says of itself: annotation set, inputs, codon phase, digest.
    offsets
        (n + 1,) int64: transcript i is `offsets[i]:offsets[i + 1]` of all codes.
    """

    def __init__(self, path: Path, group: zarr.Group) -> None:
        self.path = path
        self.attributes: dict[str, Any] = dict(group.attrs)
        _check_format(path, self.attributes)
        with _damage(path):
            self._codes = _array(group, "codes")
            self.offsets: Offsets = _read(_array(group, "offsets"))
            n_codes = self._codes.shape[0]
        if self.offsets[0] != 0 or self.offsets[-1] != n_codes:
            raise OrthrusError(f"{path}: offsets and codes disagree; encode the store again")

    @classmethod
    def open(cls, path: str | Path) -> Store:
        """Open the store in folder `path`.

        Raises
        ------
        OrthrusError
            There is no store, it is damaged, or its format version is newer than this reader.
        """
        path = Path(path)
        if not (path / METADATA).is_file():
            raise OrthrusError(
                f"{path}: is not a six-track store; write one with `orthrus transcripts encode`"
            )
        with _damage(path):
            group = zarr.open_group(path, mode="r", zarr_format=3)
        return cls(path, group)

    @property
    def digest(self) -> str:
        """The logical digest that was recorded when the store was written."""
        return str(self.attributes["digest"])

    @property
    def annotation_set(self) -> str:
        """The annotation set that the store holds, e.g. `hg38.gencode_v43`."""
        return str(self.attributes["annotation_set"])

    @cached_property
    def table(self) -> pl.DataFrame:
        """The TRANSCRIPTS table: row i describes transcript i."""
        table = tables.read(self.path / TABLE, tables.TRANSCRIPTS)
        if len(table) != len(self):
            raise OrthrusError(
                f"{self.path}: {len(self)} transcripts but {len(table)} rows in {TABLE}; "
                "encode the store again"
            )
        return table

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.table["transcript_id"])}

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def row(self, transcript_id: str) -> int:
        """Return the row of a transcript; OrthrusError when the store does not hold it."""
        try:
            return self._rows[transcript_id]
        except KeyError:
            versions = [name for name in self._rows if name.startswith(f"{transcript_id}.")]
            hint = f"; did you mean {versions[0]}?" if versions else ""
            raise OrthrusError(
                f"{self.path}: holds no transcript {transcript_id!r}{hint}"
            ) from None

    def __getitem__(self, key: int | str) -> Codes:
        row = self.row(key) if isinstance(key, str) else range(len(self))[key]
        return self._slice(int(self.offsets[row]), int(self.offsets[row + 1]))

    def codes(self) -> Codes:
        """Return the codes of all transcripts end to end, (nt,) uint8."""
        return self._slice(0, int(self.offsets[-1]))

    def verify(self) -> None:
        """Read everything; OrthrusError unless the rows still have the recorded digest."""
        if logical_digest(self.codes(), self.offsets, self.table) != self.digest:
            raise OrthrusError(f"{self.path}: does not have its digest; encode the store again")

    def _slice(self, start: int, end: int) -> Codes:
        with _damage(self.path):
            return check(_read(self._codes, start, end))


def write_store(
    path: str | Path,
    codes: Codes,
    offsets: Offsets,
    table: pl.DataFrame,
    rejected: pl.DataFrame,
    attributes: Mapping[str, Any],
) -> str:
    """Write a store whole, or leave nothing behind, and return its logical digest.

    The same rows always give the same bytes.

    Parameters
    ----------
    path
        The folder to write; an existing store there is replaced.
    codes, offsets
        (nt,) uint8 and (n + 1,) int64.
    table, rejected
        Tables of the contracts TRANSCRIPTS (n rows) and DROPPED.
    attributes
        `annotation_set`, `inputs` (SHA-256 by name) and `codon_phase`.

    Raises
    ------
    OrthrusError
        The rows do not belong together, or `path` is a file or holds other things.
    """
    path = Path(path)
    if len(offsets) != len(table) + 1 or offsets[0] != 0 or offsets[-1] != len(codes):
        raise OrthrusError(f"{path}: codes, offsets and table do not belong together")
    digest = logical_digest(check(codes), offsets, table)
    about = {"format": FORMAT, "format_version": FORMAT_VERSION, **attributes, "digest": digest}
    with atomic_folder(path) as folder, zarr.config.set(ONE_THREAD):
        group = zarr.create_group(folder, zarr_format=3, attributes=about)
        _create(group, "codes", codes, fill_value=UNKNOWN)
        _create(group, "offsets", offsets, fill_value=0)
        tables.write(table, folder / TABLE, tables.TRANSCRIPTS)
        tables.write(rejected, folder / REJECTED, tables.DROPPED)
    return digest


def _create(group: zarr.Group, name: str, values: npt.NDArray[Any], fill_value: int) -> None:
    """Write one array as a single shard of 1 MiB chunks."""
    chunk = CHUNK_BYTES // values.itemsize
    shard = chunk * max(1, -(-len(values) // chunk))
    array = group.create_array(
        name,
        shape=values.shape,
        dtype=values.dtype,
        chunks=(chunk,),
        shards=(shard,),
        compressors=[
            BloscCodec(cname="zstd", clevel=5, shuffle="bitshuffle", typesize=values.itemsize),
            Crc32cCodec(),
        ],
        fill_value=fill_value,
        # A reader takes an absent chunk for fill values, so none may be absent.
        config={"write_empty_chunks": True},
    )
    array[:] = values


def _array(group: zarr.Group, name: str) -> Any:
    return group[name]


def _read(array: Any, start: int = 0, end: int | None = None) -> npt.NDArray[Any]:
    if not (Path(array.store.root) / array.path / "c" / "0").exists():
        raise FileNotFoundError(f"no data of the array {array.path}")
    with zarr.config.set(ONE_THREAD):
        return np.asarray(array[start:end])


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    """Turn what Zarr and its codecs raise on damaged data into one line."""
    try:
        yield
    except OrthrusError as error:
        raise OrthrusError(f"{path}: {error}") from None
    except (KeyError, OSError, RuntimeError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise OrthrusError(f"{path}: is damaged ({reason}); encode the store again") from None


def _check_format(path: Path, attributes: Mapping[str, Any]) -> None:
    if attributes.get("format") != FORMAT:
        raise OrthrusError(f"{path}: is a Zarr group but not a six-track store")
    version = attributes.get("format_version")
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise OrthrusError(
            f"{path}: has format version {version}, this orthrus reads up to {FORMAT_VERSION}; "
            "install a newer orthrus"
        )
