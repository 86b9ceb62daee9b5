"""Encoding: files to store, beside a per-transcript Python encoder with `np.savez_compressed`.

A synthetic chromosome, and, where ORTHRUS_REAL_DATA names the folder of real data, its human, worm
and fly chromosomes with their genes, repeated end to end to a useful size. Both encoders read the
same plain FASTA and transcript table; the baseline takes a sample of the transcripts. Its tracks of
all of them are compared with those of our store, untimed. One core; sizes in whole disk blocks.
"""

from __future__ import annotations

import gzip
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from _corpus import real_data, write_genes
from _harness import Row, both_seconds, disk_bytes, main, seconds, use_one_core
from _per_transcript import every, write_npz

from orthrus import schemas
from orthrus.annotation.build import Files, build
from orthrus.annotation.exons import Exons
from orthrus.annotation.normalize import SetMetadata
from orthrus.config.annotation import AnnotationSettings
from orthrus.config.transcripts import TranscriptsSettings
from orthrus.transcripts.codes import decode
from orthrus.transcripts.codons import codon_slices
from orthrus.transcripts.encode import encode_store
from orthrus.transcripts.genome import chromosomes
from orthrus.transcripts.kernels import transcribe
from orthrus.transcripts.store import TABLE, Store

SETTINGS = TranscriptsSettings()
SAMPLE = 500
ASSEMBLIES = ("hg38", "ce11", "dm6")
GOLDENPATH = "mirror/hgdownload.soe.ucsc.edu/goldenPath"


@dataclass(frozen=True)
class Case:
    """A transcript table, its genome as plain FASTA, and the rows that the baseline takes."""

    table: Path
    genome: Path
    sample: int


def measure(quick: bool) -> list[Row]:
    use_one_core()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        synthetic = Case(*write_genes(folder, 1_000 if quick else 10_000), SAMPLE)
        rows = _measure(folder, "synthetic", [synthetic])
        rows.append(_kernel(synthetic))
        if real := real_data():
            tiles = 4 if quick else 40
            cases = [_tiled(folder, real, name, tiles) for name in ASSEMBLIES]
            rows += _measure(folder, f"real genes × {tiles}", cases)
        return rows


def _measure(folder: Path, name: str, cases: list[Case]) -> list[Row]:
    """Compare both encoders on the same files."""
    folder = Path(tempfile.mkdtemp(dir=folder))
    npz = folder / "npz"

    def ours() -> Path:
        stores = Path(tempfile.mkdtemp(dir=folder))  # replacing a store would take longer
        for case in cases:
            encode_store(case.table, case.genome, stores / f"{case.table.stem}.zarr", SETTINGS)
        return stores

    rows = [schemas.read_table(case.table, schemas.TRANSCRIPTS) for case in cases]
    samples = [table.head(case.sample) for table, case in zip(rows, cases, strict=True)]

    def theirs() -> None:
        for table, case in zip(samples, cases, strict=True):
            write_npz(table, case.genome, npz)

    stores = ours()  # compiles
    nt, sample_nt = (sum(int(table["length"].sum()) for table in part) for part in (rows, samples))
    times = both_seconds(ours, theirs, 5)
    speed = Row(f"{name}: files to store, nt/s", nt / times[0], sample_nt / times[1], 90)
    for table, case in zip(rows, cases, strict=True):
        _compare(table, case.genome, Store.open(stores / f"{case.table.stem}.zarr"))
    table_bytes = sum(disk_bytes(path) for path in stores.glob(f"*/{TABLE}"))
    size, baseline = disk_bytes(stores) / nt, disk_bytes(npz) / sample_nt
    return [
        speed,
        Row(f"{name}: disk, bits/nt", 8 * size, 8 * baseline, 0.3, "at most"),
        Row(f"{name}: of that the table", 8 * table_bytes / nt, 8 * size),
    ]


def _compare(table: pl.DataFrame, genome: Path, store: Store) -> None:
    """Stop unless the store holds every transcript of a table, with the baseline's tracks."""
    codes, names = store.codes(), store.table["transcript_id"]
    if not names.equals(table["transcript_id"]):
        raise SystemExit(f"{store.path}: holds {len(store)} of {len(table)} transcripts")
    cut = np.split(codes, store.offsets[1:-1])
    for (row, tracks), own in zip(every(table, genome), cut, strict=True):
        if not np.array_equal(tracks.T, decode(own)):
            raise SystemExit(f"{row['transcript_id']}: the encoders disagree")


def _kernel(case: Case) -> Row:
    """Compare the compiled loop alone with copying its result."""
    rows = schemas.read_table(case.table, schemas.TRANSCRIPTS)
    ((_, chromosome),) = chromosomes(case.genome, {"chr1"})
    exons = Exons.of(rows)
    offsets = np.concatenate([[0], np.cumsum(exons.sum(exons.ends - exons.starts))])
    codes = np.empty(offsets[-1], dtype=np.uint8)
    codons = codon_slices(rows, exons, "annotated")
    arrays = [
        array.astype(np.uint64)
        for array in (exons.offsets, exons.starts, exons.ends, *codons, offsets)
    ]
    minus = np.array(rows["strand"] == "-")
    every = np.arange(len(rows), dtype=np.uint64)
    kernel = seconds(lambda: transcribe(chromosome, every, minus, *arrays, codes), 5)
    copy = np.empty_like(codes)
    memcpy = seconds(lambda: np.copyto(copy, codes), 5)
    name = "synthetic: kernel beside memcpy, nt/s"
    return Row(name, len(codes) / kernel, len(codes) / memcpy, 0.06)


def _tiled(folder: Path, real: Path, assembly: str, tiles: int) -> Case:
    """Repeat every chromosome end to end, and its genes with it."""
    path = real / GOLDENPATH / assembly
    label = SetMetadata(f"{assembly}.ncbirefseq", "Real species")
    dump = path / "database/ncbiRefSeq.txt.gz"
    table = build(Files(dump), label, AnnotationSettings()).transcripts
    records = gzip.decompress((path / f"bigZips/{assembly}.fa.gz").read_bytes()).split(b">")[1:]
    letters = {}
    with (folder / f"{assembly}.fa").open("wb") as handle:
        for record in records:
            name, _, lines = record.partition(b"\n")
            letters[name.decode()] = lines.replace(b"\n", b"")
            sequence = np.frombuffer(letters[name.decode()] * tiles, np.uint8)
            whole = sequence[: len(sequence) // 50 * 50].reshape(-1, 50)
            body = np.pad(whole, ((0, 0), (0, 1)), constant_values=ord("\n")).tobytes()
            handle.write(b">" + name + b"\n" + body + sequence[whole.size :].tobytes() + b"\n")
    size = pl.col("chrom").replace_strict({name: len(text) for name, text in letters.items()})
    shifted = [_shift(table, tile * size, f".{tile}") for tile in range(tiles)]
    schemas.write_table(pl.concat(shifted), folder / f"{assembly}.parquet", schemas.TRANSCRIPTS)
    return Case(folder / f"{assembly}.parquet", folder / f"{assembly}.fa", len(table))


def _shift(table: pl.DataFrame, by: pl.Expr, suffix: str) -> pl.DataFrame:
    places = [pl.col(name) + by for name in ("tx_start", "tx_end", "cds_start", "cds_end")]
    lists = [pl.col(name) + by for name in ("exon_starts", "exon_ends")]
    return table.with_columns(pl.col("transcript_id") + suffix, *places, *lists)


if __name__ == "__main__":
    main("encode", measure)
