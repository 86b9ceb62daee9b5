"""One set of transcripts in every form in which people keep their own."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from transcripts_helpers import Transcript, write_fasta

from orthrus.annotation.normalize import SetMetadata
from orthrus.config import settings
from orthrus.config.custom import CustomSettings
from orthrus.transcripts.custom import CustomFiles, encode
from orthrus.transcripts.store import Store

BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def bgzip(data: bytes, block: int = 1000) -> bytes:
    """Compress in blocks of gzip that state their size, as bgzip does."""
    pieces = (data[start : start + block] for start in range(0, len(data), block))
    return b"".join(map(_bgzf_block, pieces)) + BGZF_END


def _bgzf_block(piece: bytes) -> bytes:
    deflate = zlib.compressobj(wbits=-15)
    body = deflate.compress(piece) + deflate.flush()
    head = bytes.fromhex("1f8b08040000000000ff060042430200")
    size = struct.pack("<H", len(head) + 2 + len(body) + 8 - 1)
    return head + size + body + struct.pack("<II", zlib.crc32(piece), len(piece))


def _listed(values: Iterable[int]) -> str:
    return "".join(f"{value}," for value in values)


def _coding(transcript: Transcript) -> Iterator[tuple[int, int, int]]:
    """Yield start, end and phase of every coding part."""
    first, last = transcript.cds or (0, 0)
    for (start, end), frame in zip(transcript.exons, transcript.frames, strict=True):
        if max(start, first) < min(end, last):
            yield max(start, first), min(end, last), (3 - frame) % 3


def gff3(transcripts: Iterable[Transcript]) -> str:
    """Write GFF3, whose CDS holds the stop codon."""
    lines = ["##gff-version 3"]
    for t in transcripts:
        parts = [("mRNA", t.exons[0][0], t.exons[-1][1], ".", f"ID=transcript:{t.name}")]
        parent = f"Parent=transcript:{t.name}"
        parts += [("exon", start, end, ".", parent) for start, end in t.exons]
        parts += [("CDS", start, end, str(phase), parent) for start, end, phase in _coding(t)]
        lines += [
            f"{t.chrom}\tx\t{kind}\t{start + 1}\t{end}\t.\t{t.strand}\t{phase}\t{attributes}"
            for kind, start, end, phase, attributes in parts
        ]
    return "\n".join(lines) + "\n"


def bed12(transcripts: Iterable[Transcript]) -> str:
    """Write BED12; a non-coding transcript has an empty thick part."""
    lines = []
    for t in transcripts:
        left = t.exons[0][0]
        thick = t.cds or (left, left)
        sizes, starts = zip(*((end - start, start - left) for start, end in t.exons), strict=True)
        fields = [t.chrom, left, t.exons[-1][1], t.name, 0, t.strand, *thick, 0, len(t.exons)]
        lines.append("\t".join(map(str, [*fields, _listed(sizes), _listed(starts)])))
    return "\n".join(lines) + "\n"


def genepred(transcripts: Iterable[Transcript]) -> str:
    """Write plain genePred of ten columns."""
    lines = []
    for t in transcripts:
        starts, ends = zip(*t.exons, strict=True)
        cds = t.cds or (ends[-1], ends[-1])
        fields = [t.name, t.chrom, t.strand, starts[0], ends[-1], *cds, len(t.exons)]
        lines.append("\t".join(map(str, [*fields, _listed(starts), _listed(ends)])))
    return "\n".join(lines) + "\n"


def encode_text(
    folder: Path, text: str, genome: dict[str, str], *assignments: str
) -> tuple[Store, list[str]]:
    """Encode a gene table with its genome; return the store, and the lines that tell of it."""
    store = folder / f"{len(list(folder.glob('*.zarr')))}.zarr"
    (folder / "a.table").write_text(text)
    write_fasta(folder / "a.fa", genome)
    files = CustomFiles(folder / "a.table", folder / "a.fa")
    label = SetMetadata("own.test", "Toy species")
    lines = encode(files, store, label, settings(CustomSettings, list(assignments)))
    return Store.open(store), lines
