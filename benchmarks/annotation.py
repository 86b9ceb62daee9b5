"""Gene tables to checked transcript tables, beside row-by-row readers of the same work.

ORTHRUS_REAL_DATA names the folder of real data. Its complete ncbiRefSeq table of hg38 is read,
beside a parser that goes through it with pandas' `iterrows`, and a GTF that repeats its lines in
GENCODE's layout along chromosomes, beside gffutils with its database in memory. A full-size GTF
shows the memory. Times are of files on disk to Parquet on disk.
"""

from __future__ import annotations

import gzip
import multiprocessing
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import gffutils
import pandas as pd
from _harness import Row, main, peak_rss, seconds

from orthrus.annotation.build import Files, build
from orthrus.annotation.normalize import SetMetadata
from orthrus.config.annotation import AnnotationSettings

COLUMNS = (
    "bin", "name", "chrom", "strand", "txStart", "txEnd", "cdsStart", "cdsEnd", "exonCount",
    "exonStarts", "exonEnds", "score", "name2", "cdsStartStat", "cdsEndStat", "exonFrames",
)  # fmt: skip
GTF = "mirror/ftp.ebi.ac.uk/pub/databases/gencode/Gencode_human/release_43"
FULL_LINES, FULL_BYTES = 3_400_000, 2e9
"""The lines of GENCODE 43's comprehensive GTF, and the memory that may be taken to read it."""


def measure(quick: bool) -> list[Row]:
    real = Path(os.environ.get("ORTHRUS_REAL_DATA") or sys.exit("set ORTHRUS_REAL_DATA"))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        return [
            *_memory(folder, real, FULL_LINES // 10 if quick else FULL_LINES),
            *_genepred(folder, real, 20_000 if quick else None),
            *_gtf(folder, real, 10_000 if quick else 100_000),
        ]


def _ours(table: Path, folder: Path, min_intron: int = 0) -> dict[str, Any]:
    settings = AnnotationSettings(min_intron=min_intron)
    made = build(Files(table), SetMetadata("hg38.x", "Homo sapiens"), settings)
    made.write(folder / "ours")
    return made.summary


def _genepred(folder: Path, real: Path, limit: int | None) -> list[Row]:
    whole = real / "tables/ucsc/hg38.ncbiRefSeq.txt.gz"
    table = folder / "table.txt.gz"
    lines = gzip.decompress(whole.read_bytes()).splitlines(keepends=True)[:limit]
    table.write_bytes(gzip.compress(b"".join(lines), 6, mtime=0))
    summary = _ours(table, folder)
    dropped = sum(summary["excluded"].values()) + sum(summary["rejected"].values())
    joined = _ours(table, folder, min_intron=20)["joined_introns"]
    ours = seconds(lambda: _ours(table, folder), 5)
    theirs = seconds(lambda: _by_iterrows(table, folder), 1)
    rows = summary["input_rows"]
    kept = len(pd.read_parquet(folder / "theirs.parquet"))
    return [
        Row("genePred: rows accounted for, in the file", summary["kept"] + dropped, rows, 1),
        Row("genePred: rows kept, by iterrows", summary["kept"], kept, 1),
        Row("genePred: short introns joined, in all rows", joined, summary["short_introns"]),
        Row("genePred: rows/s, by iterrows", rows / ours, rows / theirs, 30),
    ]


def _gtf(folder: Path, real: Path, lines: int) -> list[Row]:
    table = folder / "some.gtf"
    written = _repeat(real, table, lines)
    summary = _ours(table, folder)
    ours = seconds(lambda: _ours(table, folder), 5)
    theirs = seconds(lambda: _by_gffutils(table, folder), 1)
    transcripts = len(pd.read_parquet(folder / "theirs.parquet"))
    return [
        Row("GTF: transcripts, by gffutils", summary["kept"], transcripts, 1),
        Row("GTF: lines/s, by gffutils", written / ours, written / theirs, 10),
    ]


def _memory(folder: Path, real: Path, lines: int) -> list[Row]:
    """Read a full-size GTF in a process of its own."""
    table = folder / "full.gtf"
    written = _repeat(real, table, lines)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        peak, elapsed = pool.apply(_peak, (table, folder))
    size = table.stat().st_size
    table.unlink()
    return [
        Row("full-size GTF: peak RSS / MB, limit", peak / 1e6, FULL_BYTES / 1e6, 1, "at most"),
        Row("full-size GTF: lines/s, MB/s", written / elapsed, size / elapsed / 1e6),
    ]


def _peak(table: Path, folder: Path) -> tuple[int, float]:
    elapsed = seconds(lambda: _ours(table, folder), 1)
    return peak_rss(), elapsed


def _repeat(real: Path, path: Path, lines: int) -> int:
    """Write the real lines again and again, as further genes along further chromosomes."""
    text = gzip.decompress((real / GTF / "gencode.v43.annotation.gtf.gz").read_bytes()).decode()
    source = [line.split("\t", 5) for line in text.splitlines() if not line.startswith("#")]
    copies = -(-lines // len(source))
    with path.open("w") as out:
        for copy in range(copies):
            chrom, shift = f"chr{copy % 20 + 1}", copy // 20 * 1_000_000
            for _, *middle, first, last, rest in source:
                renamed = rest.replace("ENST0", f"ENST{copy}x").replace("ENSG0", f"ENSG{copy}x")
                fields = (chrom, *middle, str(int(first) + shift), str(int(last) + shift), renamed)
                out.write("\t".join(fields) + "\n")
    return copies * len(source)


def _by_iterrows(path: Path, folder: Path) -> None:
    """Parse, check and derive the same columns with a loop over the rows."""
    frame = pd.read_csv(path, sep="\t", comment="#", names=list(COLUMNS))
    rows, seen, dropped = [], set(), []
    for line, row in frame.iterrows():
        starts, ends, frames = (
            [int(number) for number in row[name].rstrip(",").split(",")]
            for name in ("exonStarts", "exonEnds", "exonFrames")
        )
        if fault := _fault(row, starts, ends, frames):
            dropped.append((line, fault))
        elif row["chrom"].endswith(("_alt", "_fix")) or row["name"] in seen:
            dropped.append((line, "repeats"))
        else:
            seen.add(row["name"])
            rows.append(_described(row, starts, ends, frames))
    pd.DataFrame(rows).to_parquet(folder / "theirs.parquet")


def _fault(row: Any, starts: list[int], ends: list[int], frames: list[int]) -> str | None:
    exons = list(zip(starts, ends, strict=False))
    left, right = row["cdsStart"], row["cdsEnd"]
    stats = (row["cdsStartStat"], row["cdsEndStat"])
    if not all(0 <= number < 1 << 31 for number in (*starts, *ends, left, right, row["txEnd"])):
        return "coordinate"
    if row["strand"] not in ("+", "-") or not {"none", "unk", "incmpl", "cmpl"}.issuperset(stats):
        return "strand or stat"
    if not len(starts) == len(ends) == len(frames) == row["exonCount"]:
        return "exon_count"
    edges = [edge for exon in exons for edge in exon]
    if edges != sorted(edges) or any(start == end for start, end in exons):
        return "exon_order"
    if starts[0] < row["txStart"] or ends[-1] > row["txEnd"]:
        return "exon_range"
    if left < right and not all(
        any(start <= place < end for start, end in exons) for place in (left, right - 1)
    ):
        return "cds_intron"
    for (start, end), frame in zip(exons, frames, strict=True):
        if not -1 <= frame <= 2 or (min(end, right) > max(start, left)) != (frame >= 0):
            return "frame"
    return None


def _described(row: Any, starts: list[int], ends: list[int], frames: list[int]) -> dict[str, Any]:
    lengths = [end - start for start, end in zip(starts, ends, strict=True)]
    coding = row["cdsStart"] < row["cdsEnd"]
    left, right = (
        sum(
            min(max(row[name] - start, 0), length)
            for start, length in zip(starts, lengths, strict=True)
        )
        for name in ("cdsStart", "cdsEnd")
    )
    if row["strand"] == "-":
        left, right = sum(lengths) - right, sum(lengths) - left
    kept = ("name", "name2", "chrom", "strand", "txStart", "txEnd", "cdsStart", "cdsEnd")
    return {name: row[name] for name in kept} | {
        "exon_starts": starts, "exon_ends": ends, "exon_frames": frames, "length": sum(lengths),
        "mature_cds_start": left if coding else None, "mature_cds_end": right if coding else None,
    }  # fmt: skip


def _by_gffutils(path: Path, folder: Path) -> None:
    """Load the lines into gffutils' database and go through the transcripts."""
    database = gffutils.create_db(
        str(path),
        ":memory:",
        disable_infer_genes=True,
        disable_infer_transcripts=True,
        merge_strategy="create_unique",
        keep_order=False,
    )
    rows = []
    for transcript in database.features_of_type("transcript"):
        exons = list(database.children(transcript, featuretype="exon", order_by="start"))
        coding = list(database.children(transcript, featuretype=["CDS", "stop_codon"]))
        rows.append(
            {
                "transcript_id": transcript.id,
                "gene_name": transcript.attributes.get("gene_name", [None])[0],
                "chrom": transcript.seqid,
                "strand": transcript.strand,
                "exon_starts": [exon.start - 1 for exon in exons],
                "exon_ends": [exon.end for exon in exons],
                "cds_start": min((part.start - 1 for part in coding), default=None),
                "cds_end": max((part.end for part in coding), default=None),
                "length": sum(exon.end - exon.start + 1 for exon in exons),
            }
        )
    pd.DataFrame(rows).to_parquet(folder / "theirs.parquet")


if __name__ == "__main__":
    main("annotation", measure)
