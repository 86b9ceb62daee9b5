"""Encoding: files to store, beside a per-transcript Python encoder with `np.savez_compressed`.

A synthetic chromosome gives the figures at scale. Where ORTHRUS_REAL_DATA names the folder of real
data, its human, worm and fly genes are measured too. One core; sizes in whole disk blocks.
"""

from __future__ import annotations

import gzip
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from _harness import Row, disk_bytes, main, seconds, use_one_core
from pyfaidx import Fasta

from orthrus import tables
from orthrus.annotation.build import Files, build
from orthrus.annotation.exons import Exons
from orthrus.annotation.normal import Label
from orthrus.config.annotation import AnnotationSettings
from orthrus.config.transcripts import TranscriptsSettings
from orthrus.transcripts.codons import codon_slices
from orthrus.transcripts.encode import encode_store
from orthrus.transcripts.genome import chromosomes
from orthrus.transcripts.kernels import transcribe

SETTINGS = TranscriptsSettings()
BASELINE_TRANSCRIPTS = 500
COMPLEMENT = str.maketrans("ACGT", "TGCA")


def measure(quick: bool) -> list[Row]:
    use_one_core()
    with tempfile.TemporaryDirectory() as folder:
        rows = _synthetic(Path(folder), genes=1_000 if quick else 10_000)
        if real := os.environ.get("ORTHRUS_REAL_DATA"):
            rows += _real(Path(folder), Path(real))
    return rows


def _synthetic(folder: Path, genes: int) -> list[Row]:
    table, genome = _make_genes(folder, genes)
    store = folder / "synthetic.zarr"
    encode_store(table, genome, store, SETTINGS)  # compiles
    ours = seconds(lambda: encode_store(table, genome, store, SETTINGS))
    rows = tables.read(table, tables.TRANSCRIPTS)
    nt = int(rows["length"].sum())
    sample = rows.head(BASELINE_TRANSCRIPTS)
    sample_nt = int(sample["length"].sum())
    theirs = seconds(lambda: _baseline(sample, genome, folder / "npz"), repeats=1)
    kernel, memcpy = _kernel(rows, genome)
    return [
        Row("synthetic: files to store, nt/s", nt / ours, sample_nt / theirs, 50),
        Row(
            "synthetic: disk, bits/nt",
            8 * disk_bytes(store) / nt,
            8 * disk_bytes(folder / "npz") / sample_nt,
            0.25,
            "at most",
        ),
        Row("synthetic: kernel against memcpy, nt/s", nt / kernel, nt / memcpy, 0.05),
    ]


def _real(folder: Path, real: Path) -> list[Row]:
    """Measure three assemblies together, from the compressed genomes as published."""
    goldenpath = real / "mirror/hgdownload.soe.ucsc.edu/goldenPath"
    inputs = []
    for assembly in ("hg38", "ce11", "dm6"):
        label = Label(f"{assembly}.ncbirefseq", "Real species")
        dump = goldenpath / assembly / "database/ncbiRefSeq.txt.gz"
        build(Files(dump), label, AnnotationSettings()).write(folder / assembly)
        packed = goldenpath / assembly / "bigZips" / f"{assembly}.fa.gz"
        plain = folder / f"{assembly}.fa"
        plain.write_bytes(gzip.decompress(packed.read_bytes()))
        inputs.append((folder / assembly / "transcripts.parquet", packed, plain))

    def ours() -> None:
        for table, packed, _ in inputs:
            encode_store(table, packed, folder / "real" / f"{packed.name}.zarr", SETTINGS)

    def theirs() -> None:
        for table, _, plain in inputs:
            _baseline(tables.read(table, tables.TRANSCRIPTS), plain, folder / "real_npz")

    nt = sum(int(pl.read_parquet(table)["length"].sum()) for table, _, _ in inputs)
    speed = Row("real: files to store, nt/s", nt / seconds(ours), nt / seconds(theirs, 1), 5)
    size, baseline = disk_bytes(folder / "real"), disk_bytes(folder / "real_npz")
    return [speed, Row("real: disk, bits/nt", 8 * size / nt, 8 * baseline / nt, 0.3, "at most")]


def _kernel(rows: pl.DataFrame, genome: Path) -> tuple[float, float]:
    """Return the seconds of the compiled loop alone, and of copying its result."""
    ((_, chromosome),) = chromosomes(genome, {"chr1"})
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
    return kernel, seconds(lambda: np.copyto(copy, codes), 5)


def _baseline(table: pl.DataFrame, genome: Path, folder: Path) -> None:
    """Encode transcript by transcript and write one compressed file for each."""
    folder.mkdir(exist_ok=True)
    with Fasta(str(genome)) as sequences:
        for row in table.iter_rows(named=True):
            tracks = _encode_one(row, sequences)
            name = folder / f"{row['annotation_set']}.{row['transcript_id']}.npz"
            np.savez_compressed(name, six_track_data=tracks, length=tracks.shape[1])


def _encode_one(row: dict[str, Any], genome: Fasta) -> np.ndarray:
    exons = list(zip(row["exon_starts"], row["exon_ends"], strict=True))
    parts = [str(genome[row["chrom"]][start:end]).upper() for start, end in exons]
    coding = [
        np.arange(start, end) >= row["cds_start"] if row["cds_start"] is not None
        else np.zeros(end - start, dtype=bool)
        for start, end in exons
    ]  # fmt: skip
    if row["cds_start"] is not None:
        for part, (start, end) in zip(coding, exons, strict=True):
            part &= np.arange(start, end) < row["cds_end"]
    sequence, in_cds = "".join(parts), np.concatenate(coding)
    lengths = [end - start for start, end in exons]
    if row["strand"] == "-":
        sequence, in_cds, lengths = (
            sequence.translate(COMPLEMENT)[::-1],
            in_cds[::-1],
            lengths[::-1],
        )
    letters = np.array(list(sequence))
    tracks = np.zeros((6, len(sequence)), dtype=np.uint8)
    for track, base in enumerate("ACGT"):
        tracks[track] = letters == base
    tracks[4, np.flatnonzero(in_cds)[::3]] = 1
    tracks[5, np.cumsum(lengths) - 1] = 1
    return tracks


def _make_genes(folder: Path, genes: int) -> tuple[Path, Path]:
    """Write a table of genes with up to four isoforms, and their chromosome as plain FASTA."""
    generator = np.random.default_rng(0)
    transcripts, end = [], 0
    for gene in range(genes):
        full, end = _exons(generator, end)
        for isoform in range(generator.integers(1, 5)):
            kept = generator.random(len(full)) < (1.1 if isoform == 0 else 0.85)
            exons = full[kept] if kept.any() else full[:1]
            transcripts.append(_row(f"g{gene}.{isoform}", gene, "+-"[gene % 2], exons))
    table = pl.DataFrame(transcripts, schema=tables.TRANSCRIPTS.schema)
    tables.write(table, folder / "genes.parquet", tables.TRANSCRIPTS)
    letters = np.frombuffer(b"ACGTacgt", np.uint8)[generator.integers(0, 8, end)]
    with (folder / "genome.fa").open("wb") as handle:
        handle.write(b">chr1\n")
        handle.writelines(_lines(letters.tobytes()))
    return folder / "genes.parquet", folder / "genome.fa"


def _lines(text: bytes, width: int = 50) -> Iterator[bytes]:
    return (text[start : start + width] + b"\n" for start in range(0, len(text), width))


def _exons(generator: np.random.Generator, start: int) -> tuple[np.ndarray, int]:
    """Return the exons of a gene right of `start`, (exons, 2), and the gene's end."""
    count = generator.integers(1, 16)
    lengths = generator.integers(60, 400, count)
    lengths[-1] += 800
    ends = start + np.cumsum(generator.integers(80, 2_000, count) + lengths)
    return np.stack([ends - lengths, ends], axis=1), int(ends[-1])


def _row(name: str, gene: int, strand: str, exons: np.ndarray) -> dict[str, object]:
    """Return a coding transcript whose CDS leaves 30 nt on either side."""
    cds = (int(exons[0, 0]) + 30, int(exons[-1, 1]) - 30)
    coding = np.maximum(np.minimum(exons[:, 1], cds[1]) - np.maximum(exons[:, 0], cds[0]), 0)
    through = np.cumsum(coding)
    upstream = through - coding if strand == "+" else through[-1] - through
    return dict.fromkeys(tables.TRANSCRIPTS.columns) | {
        "transcript_id": name, "gene_id": f"g{gene}", "gene_name": f"g{gene}",
        "annotation_set": "synthetic.genes", "assembly": "synthetic", "species": "Synthetic",
        "chrom": "chr1", "strand": strand, "tx_start": int(exons[0, 0]),
        "tx_end": int(exons[-1, 1]), "cds_start": cds[0], "cds_end": cds[1],
        "cds_start_stat": "cmpl", "cds_end_stat": "cmpl", "exon_starts": exons[:, 0].tolist(),
        "exon_ends": exons[:, 1].tolist(), "exon_frames": (upstream % 3).tolist(), "tags": [],
        "origin": "annotation", "length": int((exons[:, 1] - exons[:, 0]).sum()),
    }  # fmt: skip


if __name__ == "__main__":
    main("encode", measure)
