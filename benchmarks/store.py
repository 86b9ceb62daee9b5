"""Stores: bytes on disk, a full scan, and random transcripts in every layout of a corpus.

Synthetic genes make 20,000 transcripts: without redundancy, once with as many exons as human genes
have and once with few, as marks decide how near two bits a base come; and with isoforms side by
side. The baseline writes and reads one `np.savez_compressed` file per transcript, of a sample.
Sizes are whole disk blocks: of all files, and of all but the table, which npz files have no equal
of. Without redundancy the goal is for the latter and few exons: what else is there cannot reach it
(docs/decisions/data.md), and is held against the entropy of its exons. Where ORTHRUS_REAL_DATA
names the folder of real data, its TOGA projections are archived too. One core.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import zarr
from _archive import archive_rows
from _corpus import FEW_EXONS, MANY_EXONS, Shape, real_data, whole_corpus, write_genes
from _harness import Row, disk_bytes, main, seconds, use_one_core
from _per_transcript import read_npz, write_npz

from orthrus import schemas
from orthrus.config.transcripts import TranscriptsSettings
from orthrus.transcripts.codes import EXON_END
from orthrus.transcripts.corpus import Content, Corpus
from orthrus.transcripts.encode import encode_store
from orthrus.transcripts.store import TABLE, Store

SAMPLE = 1_000
BATCH = 64
TWO_BITS = 0.25
ONE_THREAD = {"threading.max_workers": 1, "async.concurrency": 1}


def measure(quick: bool) -> list[Row]:
    use_one_core()
    genes = 2_000 if quick else 20_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        single = _encode(folder, "single.genes", genes, (1, 1))
        few = _encode(folder, "few.genes", genes, (1, 1), FEW_EXONS)
        isoforms = _encode(folder, "isoforms.genes", genes * 2 // 9, (1, 8))
        npz = _npz(folder, "isoforms.genes")
        return [
            *_sizes("no redundancy, few exons", few, None, None if quick else 0.255),
            _entropy("no redundancy, few exons", few, not quick),
            *_sizes("no redundancy", single, None, None),
            _entropy("no redundancy", single, not quick),
            *_sizes("isoforms adjacent", isoforms, *[None if quick else 0.215] * 2),
            *_beside_npz(isoforms, npz, folder / "npz"),
            *_random(folder, [single, isoforms]),
            _batches(single),
            *_whole(folder),
            *archive_rows(real_data()),
        ]


def _encode(
    folder: Path, name: str, genes: int, isoforms: tuple[int, int], shape: Shape = MANY_EXONS
) -> Store:
    table, genome = write_genes(folder, genes, isoforms, name, shape)
    encode_store(table, genome, folder / f"{name}.zarr", TranscriptsSettings())
    return Store.open(folder / f"{name}.zarr")


def _npz(folder: Path, name: str) -> int:
    """Write a sample as one file per transcript, and return its nucleotides."""
    rows = schemas.read_table(folder / f"{name}.parquet", schemas.TRANSCRIPTS).head(SAMPLE)
    write_npz(rows, folder / f"{name}.fa", folder / "npz")
    return int(rows["length"].sum())


def _sizes(name: str, store: Store, goal: float | None, arrays_goal: float | None) -> list[Row]:
    """Compare all files with two bits per base, then all but the table."""
    nt = int(store.offsets[-1])
    every, table = disk_bytes(store.path), disk_bytes(store.path / TABLE)
    most, arrays_most = (
        None if bound is None else bound / TWO_BITS for bound in (goal, arrays_goal)
    )
    arrays = (every - table) / nt
    return [
        Row(f"{name}: all files, bytes/nt beside 2 bits", every / nt, TWO_BITS, most, "at most"),
        Row(f"{name}: … but the table", arrays, TWO_BITS, arrays_most, "at most"),
        Row(f"{name}: the table alone, bytes/nt", table / nt, every / nt),
    ]


def _entropy(name: str, store: Store, goal: bool) -> Row:
    """Compare with what random bases and the lengths of exons take at least, in any code.

    0.255 bytes per nucleotide are 2 % more than bases alone take, so 2 % is the goal here too.
    """
    lengths = np.diff(np.flatnonzero(store.codes() & EXON_END), prepend=-1)
    shares = np.unique(lengths, return_counts=True)[1] / len(lengths)
    nt = int(store.offsets[-1])
    least = TWO_BITS - len(lengths) * float(shares @ np.log2(shares)) / 8 / nt
    tracks = (disk_bytes(store.path) - disk_bytes(store.path / TABLE)) / nt
    most = 1.02 if goal else None
    return Row(
        f"{name}: bytes/nt beside entropy of bases and exons", tracks, least, most, "at most"
    )


def _beside_npz(store: Store, npz_nt: int, npz: Path) -> list[Row]:
    nt = int(store.offsets[-1])
    ours = (disk_bytes(store.path) - disk_bytes(store.path / TABLE)) / nt
    scan, theirs = seconds(store.codes, 5), seconds(lambda: read_npz(npz))
    return [
        Row("isoforms adjacent: bytes/nt beside npz", ours, disk_bytes(npz) / npz_nt),
        Row("full scan beside npz files, nt/s", nt / scan, npz_nt / theirs, 15),
    ]


def _random(folder: Path, stores: Sequence[Store]) -> list[Row]:
    """Read random transcripts one by one from each layout, beside slicing and copying an array."""
    paths = [store.path for store in stores]
    held = Corpus.open(paths, "codes")
    rows = np.random.default_rng(1).integers(0, len(held), 20_000).tolist()
    codes, offsets = held.codes, held.offsets

    def slices() -> None:
        for row in rows:
            codes[offsets[row] : offsets[row + 1]].copy()

    mapped = Corpus.open(paths, "mapped", cache=folder / "cache")
    packed = Corpus.open(paths, "packed")
    copy = _per_call(slices, rows)
    found = []
    for corpus, goal in ((held, 3), (mapped, 6), (packed, None)):
        one = _per_call(lambda corpus=corpus: [corpus[row].copy() for row in rows], rows)
        name = f"one random transcript, {corpus.layout}, µs"
        found.append(Row(name, one * 1e6, copy * 1e6, goal, "at most"))
    picked = np.array(rows)
    gathered = int(held.lengths[picked].sum())
    one, other = (gathered / seconds(lambda c=c: c.gather(picked)) for c in (packed, held))
    found.append(Row("gather: packed beside codes, nt/s", one, other))
    found.append(Row("packed beside codes, bytes/nt", packed.nbytes / held.nbytes, 1))
    return found


def _per_call(function: Callable[[], object], rows: Sequence[int]) -> float:
    function()
    return seconds(function, 5) / len(rows)


def _batches(store: Store) -> Row:
    """Read batches of random transcripts from the compressed store, beside Zarr one by one."""
    rng = np.random.default_rng(2)
    batches = rng.integers(0, len(store), (20, BATCH))
    array = zarr.open_group(store.path, mode="r")["codes"]
    offsets = store.offsets.tolist()

    def singles() -> None:
        with zarr.config.set(ONE_THREAD):
            for row in batches[:4].ravel().tolist():
                array[offsets[row] : offsets[row + 1]]

    def gathers() -> None:
        for rows in batches:
            store.gather(rows)

    # In turns and in processor time, as others may use the core.
    turns = [(_processor_time(gathers), _processor_time(singles)) for _ in range(3)]
    ours, theirs = (np.median(turns, axis=0) / (batches.size, 4 * BATCH)).tolist()
    name = f"compressed, {BATCH} at a time, beside Zarr's reads, transcripts/s"
    return Row(name, 1 / ours, 1 / theirs, 8)


def _processor_time(function: Callable[[], None]) -> float:
    start = time.process_time()
    function()
    return time.process_time() - start


def _whole(folder: Path) -> list[Row]:
    """Measure the index at the paper's full dimensions, over a file of zeros that takes no disk."""
    set_start, offsets = whole_corpus()
    path = folder / "zeros"
    with path.open("wb") as handle:
        handle.truncate(int(offsets[-1]))
    codes = np.asarray(np.memmap(path, dtype=np.uint8, mode="r"))
    corpus = Corpus([], "mapped", folder, [])
    corpus.content = Content([f"set{i}" for i in range(len(set_start))], set_start, offsets, codes)
    rng = np.random.default_rng(3)
    rows = rng.integers(0, len(corpus), 1_000_000)
    ten = rng.integers(0, len(corpus), 10_000).tolist()
    start = time.perf_counter()
    for row in ten:
        corpus[row]
    one = (time.perf_counter() - start) / len(ten)
    there = seconds(lambda: corpus.locate(rows))
    located = corpus.locate(rows)
    back = seconds(lambda: corpus.rows(*located))
    sort = seconds(lambda: np.searchsorted(set_start, rows, side="right"))
    name = f"{len(corpus) / 1e6:.1f} million transcripts"
    return [
        Row(f"{name}: global row to store, beside searchsorted, rows/s", 1e6 / there, 1e6 / sort),
        Row(f"{name}: and back, rows/s", 1e6 / back, 1e6 / sort),
        Row(f"{name}: one of them, a view, transcripts/s", 1 / one, 1e6 / sort),
    ]


if __name__ == "__main__":
    main("store", measure)
