"""The six-track store: a Zarr group of one annotation set, with its table beside the arrays.

The format is defined in `docs/store-format.md`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from orthrus import embedded_digests, schemas
from orthrus.array_types import Ints
from orthrus.errors import OrthrusError
from orthrus.files import atomic_folder
from orthrus.transcripts.codes import UNKNOWN, Codes, check
from orthrus.transcripts.logical_digest import logical_digest
from orthrus.transcripts.store_table import write_table
from orthrus.transcripts.zarr_shard import ShardArray, write_array

FORMAT = "orthrus six-track store"
FORMAT_VERSION = 1
BLOCK = 1 << 24
FAULTS = (
    *(ArithmeticError, AttributeError, LookupError, MemoryError),
    *(OSError, RuntimeError, TypeError, ValueError),
)
"""What damaged metadata and chunks lead to: numbers too large, other types, keys that lack."""
METADATA, TABLE, REJECTED = "zarr.json", "table.parquet", "rejected.parquet"


class Store:
    r"""A store opened for reading.

    `store[i]` and `store["transcript id"]` give the codes of one transcript, (L,) uint8;
    `len(store)` is the number of transcripts. Every read decompresses the chunks that it touches:
    take many transcripts with one `gather`, or hold stores in a `Corpus` for random access.

    Attributes
    ----------
    path
        The store's folder.
    attributes
        What the store says of itself: annotation set, inputs, codon phase, digest.
    offsets
        (n + 1,) int64: transcript i is `offsets[i]:offsets[i + 1]` of all codes.

    Examples
    --------
    >>> import tempfile
    >>> from orthrus import encode
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     fasta = Path(folder, "mature.fa")
    ...     _ = fasta.write_text(">t1\nACGATGG\n>t2\nAC\n")
    ...     _ = encode(Path(folder, "my.zarr"), mature=fasta)
    ...     store = Store.open(Path(folder, "my.zarr"))
    ...     lengths = [len(store["t1"]), len(store[1])]
    >>> lengths
    [7, 2]
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.attributes = read_attributes(path)
        with _damage(path):
            self._codes = ShardArray(path / "codes")
            self.offsets: Ints = ShardArray(path / "offsets").read()
        ends = self.offsets[:1].tolist() + self.offsets[-1:].tolist()
        if ends != [0, self._codes.size] or (np.diff(self.offsets) < 0).any():
            raise OrthrusError(f"{path}: offsets and codes disagree; encode the store again")

    @classmethod
    def open(cls, path: str | Path) -> Store:
        """Open the store in folder `path`.

        Raises
        ------
        OrthrusError
            There is no store, it is damaged, or its format version is newer than this reader.
        """
        return cls(Path(path))

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
        table = schemas.read_table(self.path / TABLE, schemas.TRANSCRIPTS)
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

    def blocks(self, size: int = BLOCK) -> Iterator[Codes]:
        """Yield the codes of all transcripts end to end, `size` nt at a time."""
        end = int(self.offsets[-1])
        for start in range(0, end, size):
            yield self._slice(start, min(start + size, end))

    def gather(self, rows: npt.ArrayLike) -> tuple[Codes, Ints]:
        """Return transcripts `rows` (r,) end to end, decompressing each chunk once.

        Returns
        -------
        tuple
            Codes (nt,) uint8, and (r + 1,) int64 where each transcript starts in them.

        Raises
        ------
        IndexError
            A row is negative or not in the store.
        OrthrusError
            The store is damaged.
        """
        rows = checked_rows(rows, len(self))
        with _damage(self.path):
            codes, offsets = self._codes.gather(self.offsets[rows], self.offsets[rows + 1])
            return check(codes), offsets

    def verify(self) -> Codes:
        """Return all codes; OrthrusError unless the rows still have the recorded digest."""
        codes = self.codes()
        if logical_digest(codes, self.offsets, self.table) != self.digest:
            raise OrthrusError(f"{self.path}: does not have its digest; encode the store again")
        return codes

    def _slice(self, start: int, end: int) -> Codes:
        with _damage(self.path):
            return check(self._codes.read(start, end))


def read_attributes(path: Path) -> dict[str, Any]:
    """Return what a store says of itself: annotation set, inputs, codon phase, digest.

    Raises
    ------
    OrthrusError
        There is no store, its metadata are damaged, or its format version is newer than this
        reader.
    """
    if not (path / METADATA).is_file():
        raise OrthrusError(
            f"{path}: is not a six-track store; write one with `orthrus transcripts build`"
        )
    with _damage(path):
        content = (path / METADATA).read_bytes()
        attributes = dict(json.loads(content)["attributes"])
    _check_format(path, attributes)
    embedded_digests.check_json(content, path / METADATA)
    return attributes


def checked_rows(rows: npt.ArrayLike, count: int) -> Ints:
    """Return `rows` as int64; IndexError unless all are from 0 to `count`."""
    checked = np.asarray(rows, dtype=np.int64)
    if len(checked) and not (checked.min() >= 0 and checked.max() < count):
        raise IndexError(f"a row is not from 0 to {count - 1}")
    return checked


def write_store(
    path: str | Path,
    codes: Codes,
    offsets: Ints,
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
    import zarr  # as slow to import as a small store is to write, and needless for reading

    with atomic_folder(path) as folder:
        group = zarr.create_group(folder, zarr_format=3, attributes=about)
        write_array(group, "codes", codes, fill_value=UNKNOWN)
        write_array(group, "offsets", offsets, fill_value=0)
        for metadata in sorted(folder.rglob(METADATA)):
            metadata.write_bytes(embedded_digests.seal_json(metadata.read_bytes()))
        write_table(table, folder / TABLE)
        schemas.write_table(rejected, folder / REJECTED, schemas.DROPPED)
    return digest


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    """Turn what Zarr and its codecs raise on damaged data into one line."""
    try:
        yield
    except OrthrusError as error:
        raise OrthrusError(f"{path}: {error}") from None
    except FAULTS as error:
        reason = " ".join(str(error).split())
        raise OrthrusError(f"{path}: is damaged ({reason}); encode the store again") from None


def _check_format(path: Path, attributes: Mapping[str, Any]) -> None:
    if attributes.get("format") != FORMAT:
        raise OrthrusError(f"{path}: is a Zarr group but not a six-track store")
    version = attributes.get("format_version")
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise OrthrusError(
            f"{path}: has format version {version!r}, this orthrus reads up to {FORMAT_VERSION}; "
            "install a newer orthrus"
        )
    if not all(isinstance(attributes.get(name), str) for name in ("annotation_set", "digest")):
        raise OrthrusError(f"{path}: lacks its annotation set or digest; encode the store again")
