"""Many stores as one, for random access to any transcript."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from orthrus import schemas
from orthrus.array_types import Ints
from orthrus.errors import OrthrusError
from orthrus.transcripts.available_memory import available_memory
from orthrus.transcripts.codes import Codes
from orthrus.transcripts.kernels import copy_stretches
from orthrus.transcripts.mapped_codes import mapped_codes
from orthrus.transcripts.store import METADATA, Store, checked_rows
from orthrus.transcripts.two_bit_packing import Packed

Layout = Literal["codes", "packed", "mapped"]
Rows = npt.ArrayLike

PACKED_SHARE = 0.4
"""What packing takes of the memory of codes, at most: real projections, with the frames that break
in them, end at 0.33, and their runs of marks are copied once."""


@dataclass(frozen=True)
class Content:
    """What a corpus holds of its stores: where they start, offsets, and codes in one layout."""

    sets: list[str]
    set_start: Ints
    offsets: Ints
    data: Codes | Packed


class Corpus:
    r"""All transcripts of several stores; global rows count through the stores in their order.

    Other processes get the description of a corpus and open it again when they first read from it,
    so that a data loader's workers can be forked or spawned. Forked ones share the memory of every
    layout, spawned ones that of `mapped` alone.

    Parameters
    ----------
    paths
        The stores, in order.
    layout
        `codes`: in memory, one byte per nucleotide. `packed`: in memory, 0.28 to 0.33 bytes.
        `mapped`: in a file of one byte per nucleotide, of which memory holds what is in use.
    cache
        The folder of that file.
    digests
        Those of the stores.

    Examples
    --------
    >>> import tempfile
    >>> from orthrus import encode
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     fasta, stores = Path(folder, "mature.fa"), []
    ...     for name in ("a", "b"):
    ...         _ = fasta.write_text(f">{name}\nACGATGG\n")
    ...         made = encode(Path(folder, f"{name}.zarr"), mature=fasta, name=f"x.{name}")
    ...         stores.append(made.path)
    ...     corpus = Corpus.open(stores)
    ...     codes, offsets = corpus.gather([0, 1])
    >>> len(corpus), len(codes), offsets.tolist()
    (2, 14, [0, 7, 14])
    """

    def __init__(
        self, paths: Sequence[Path], layout: Layout, cache: Path, digests: Sequence[str]
    ) -> None:
        self.paths = paths
        self.layout = layout
        self.cache = cache
        self.digests = digests

    @classmethod
    def open(
        cls,
        source: str | Path | Sequence[str | Path],
        layout: Layout | Literal["auto"] = "auto",
        cache: str | Path | None = None,
    ) -> Corpus:
        """Open stores as one corpus, reading one after the other.

        Parameters
        ----------
        source
            A store, or several, in order; or the folder of a build's results, of which the stores
            of its relations are taken in their order, or all by name where there are none yet.
        layout
            See `Corpus`; `auto` takes the first of `codes`, `packed` and `mapped` that leaves half
            of the memory free. Who needs `codes` end to end names `codes` or `mapped`.
        cache
            Where `mapped` keeps its file, which serves again while the stores stay the same and
            then makes way for another; by default the folder of the first store.

        Raises
        ------
        OrthrusError
            There is no such layout, no store is given, an annotation set comes twice, a store
            cannot be read, does not fit into memory, or is not the one that relations were built
            from.
        """
        paths, digests = _stores(source)
        stores = [Store.open(path) for path in paths]
        for store in stores:
            if digests.get(store.annotation_set, store.digest) != store.digest:
                raise OrthrusError(
                    f"{source}: its relations are of another store of {store.annotation_set}; "
                    "build them again"
                )
        sets = [store.annotation_set for store in stores]
        if repeated := {name for name in sets if sets.count(name) > 1}:
            raise OrthrusError(f"more than one store holds {', '.join(sorted(repeated))}")
        if layout not in (*get_args(Layout), "auto"):
            raise OrthrusError(f"layout {layout!r} is none of codes, packed, mapped and auto")
        nt = sum(int(store.offsets[-1]) for store in stores)
        chosen = choose_layout(nt, available_memory()) if layout == "auto" else layout
        folder = Path(cache) if cache is not None else paths[0].absolute().parent
        corpus = cls(paths, chosen, folder, [store.digest for store in stores])
        corpus.content = corpus._read(stores)
        return corpus

    @cached_property
    def content(self) -> Content:
        """What the corpus holds, read again in a process that got its description."""
        stores = [Store.open(path) for path in self.paths]
        for store, digest in zip(stores, self.digests, strict=True):
            if store.digest != digest:
                raise OrthrusError(
                    f"{store.path}: was encoded anew while it was in use; start again"
                )
        return self._read(stores)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "content"}

    @property
    def sets(self) -> list[str]:
        """The annotation set of every store."""
        return self.content.sets

    @property
    def set_start(self) -> Ints:
        """(number of stores,) int64: the first global row of every store."""
        return self.content.set_start

    @property
    def offsets(self) -> Ints:
        """(n + 1,) int64: transcript i is nucleotides `offsets[i]:offsets[i + 1]` of all."""
        return self.content.offsets

    @property
    def codes(self) -> Codes:
        """(nt,) uint8: all transcripts of all stores. Raises OrthrusError when they are packed."""
        if isinstance(self.content.data, Packed):
            raise OrthrusError(
                "the corpus is packed and has no codes end to end; open it with the layout codes "
                "or mapped"
            )
        return self.content.data

    @property
    def lengths(self) -> Ints:
        """(n,) int64: the length of every transcript, nt."""
        return np.diff(self.offsets)

    @property
    def nbytes(self) -> int:
        """The bytes that the transcripts take in the corpus's layout."""
        return self.content.data.nbytes

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> Codes:
        """Return the codes of global row `row`, (L,) uint8; a view unless they are packed."""
        content = self.content
        offsets = content.offsets
        if not 0 <= row < len(offsets) - 1:
            row = range(len(self))[row]
        if isinstance(content.data, Packed):
            return self.gather(np.array([row]))[0]
        return content.data[offsets[row] : offsets[row + 1]]

    def gather(self, rows: Rows) -> tuple[Codes, Ints]:
        """Return transcripts `rows` (r,) end to end.

        Returns
        -------
        tuple
            Codes (nt,) uint8, and (r + 1,) int64 where each transcript starts in them.

        Raises
        ------
        IndexError
            A row is negative or not in the corpus.
        """
        rows = checked_rows(rows, len(self))
        content = self.content
        starts, ends = content.offsets[rows], content.offsets[rows + 1]
        offsets = np.concatenate([[0], np.cumsum(ends - starts)])
        codes = np.empty(offsets[-1], dtype=np.uint8)
        if isinstance(content.data, Packed):
            content.data.gather(rows, content.offsets, offsets[:-1], codes)
        else:
            stretches = (array.astype(np.uint64) for array in (starts, ends, offsets[:-1]))
            copy_stretches(content.data, *stretches, codes)
        return codes, offsets

    def locate(self, rows: Rows) -> tuple[Ints, Ints]:
        """Return the number of the store, and the row in it, of global rows (r,); both int64.

        Raises
        ------
        IndexError
            A row is negative or not in the corpus.
        """
        rows = checked_rows(rows, len(self))
        store = np.searchsorted(self.set_start, rows, side="right") - 1
        return store, rows - self.set_start[store]

    def rows(self, stores: Rows, set_rows: Rows) -> Ints:
        """Return the global rows (r,) of rows `set_rows` of stores number `stores`.

        Raises
        ------
        IndexError
            There is no such store, or no such row in it.
        """
        stores, set_rows = checked_rows(stores, len(self.sets)), np.asarray(set_rows, np.int64)
        sizes = np.diff(self.set_start, append=len(self))
        if ((set_rows < 0) | (set_rows >= sizes[stores])).any():
            raise IndexError("a row is not in its store")
        return self.set_start[stores] + set_rows

    def _read(self, stores: list[Store]) -> Content:
        sizes = [len(store) for store in stores]
        set_start = np.cumsum([0, *sizes], dtype=np.int64)[:-1]
        ends = [store.offsets[1:] for store in stores]
        starts = np.cumsum([0, *(int(own[-1]) for own in ends)], dtype=np.int64)
        offsets = np.concatenate([[0], *map(np.add, ends, starts)])
        sets = [store.annotation_set for store in stores]
        return Content(sets, set_start, offsets, self._data(stores, offsets))

    def _data(self, stores: list[Store], offsets: Ints) -> Codes | Packed:
        nt = int(offsets[-1])
        if self.layout == "mapped":
            return mapped_codes(stores, self.cache)
        if self.layout == "packed":
            _require_memory(PACKED_SHARE * nt)
            return Packed.of(((store.codes(), store.offsets) for store in stores), offsets)
        _require_memory(nt)
        codes = np.empty(nt, dtype=np.uint8)
        place = 0
        for store in stores:
            for block in store.blocks():
                codes[place : place + len(block)] = block
                place += len(block)
        return codes


def choose_layout(nt: int, memory: int) -> Layout:
    """Return the fastest layout of `nt` nucleotides that takes at most half of `memory` bytes."""
    if nt <= memory / 2:
        return "codes"
    return "packed" if PACKED_SHARE * nt <= memory / 2 else "mapped"


def _require_memory(needed: float) -> None:
    available = available_memory()
    if needed > available:
        raise OrthrusError(
            f"the corpus takes {needed / 1e9:.1f} GB of memory, {available / 1e9:.1f} GB are free; "
            "open it with the layout mapped"
        )


def _stores(source: str | Path | Sequence[str | Path]) -> tuple[list[Path], dict[str, str]]:
    """Return the stores that `source` names, and the digest of each set that relations are of."""
    if not isinstance(source, str | Path):
        if not source:
            raise OrthrusError("no store is given; name at least one")
        return [Path(path) for path in source], {}
    if (Path(source) / METADATA).is_file():
        return [Path(source)], {}
    folder = Path(source) / "transcripts"
    relations = Path(source) / "relations" / "sets.parquet"
    if relations.is_file():
        sets = schemas.read_table(relations, schemas.SETS)
        digests = dict(sets.select("annotation_set", "digest").iter_rows())
        return [folder / f"{name}.zarr" for name in digests], digests
    found = sorted(folder.glob("*.zarr"))
    if not found:
        raise OrthrusError(f"{source}: holds no store below transcripts; give a build's results")
    return found, {}
