"""Genes with a known reading frame, their chromosomes, and every form of gene table of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from transcripts_helpers import COMPLEMENT, Transcript, annotated_frames

CODONS = "ATGACTAAC"
"""Three codons without a stop; the two other frames hold TGA and TAA."""
STOP = "TAG"
INTRON = "GT" + "C" * 26 + "AG"


def gene(
    name: str,
    strand: str = "+",
    exons: tuple[int, ...] = (140, 200, 110),
    utr5: int = 40,
    units: int = 33,
    utr3: str = "C",
    codons: str = CODONS,
    stop: str = STOP,
) -> tuple[Transcript, str]:
    """Return a gene on a chromosome of its own, and the chromosome.

    `exons` are lengths in transcription direction; the CDS has `units` of `codons` and `stop`, and
    `utr3` is repeated up to the end.
    """
    cds = codons * units + stop
    spliced = "C" * utr5 + cds + utr3 * sum(exons)
    pieces, places, start = [], [], 0
    for length in exons:
        pieces.append(spliced[sum(map(len, pieces)) :][:length])
        places.append((start, start + length))
        start += length + len(INTRON)
    chromosome = INTRON.join(pieces)
    bases = [base for first, end in places for base in range(first, end)]
    span = (bases[utr5], bases[utr5 + len(cds) - 1] + 1)
    if strand == "-":
        size = len(chromosome)
        chromosome = "".join(COMPLEMENT[letter] for letter in reversed(chromosome))
        places = [(size - end, size - first) for first, end in reversed(places)]
        span = (size - span[1], size - span[0])
    frames = annotated_frames(places, span, strand)
    return Transcript(name, name, strand, places, frames, span, name), chromosome


def genes(count: int, **shape: object) -> tuple[list[Transcript], dict[str, str]]:
    """Return genes on both strands, and their chromosomes."""
    made = [gene(f"t{i}", "+-"[i % 2], **shape) for i in range(count)]
    return [one for one, _ in made], {one.name: text for one, text in made}


def phases_as_frames(transcript: Transcript) -> Transcript:
    """Return a transcript as read from a table whose phase column holds frames."""
    return replace(
        transcript, frames=[3 - frame if frame > 0 else frame for frame in transcript.frames]
    )


def phases_zero(transcript: Transcript) -> Transcript:
    """Return a transcript as read from a table in which every phase is 0."""
    return replace(transcript, frames=[min(frame, 0) for frame in transcript.frames])


def without_stop(transcript: Transcript) -> Transcript:
    """Return a transcript whose CDS ends three bases early."""
    start, end = transcript.cds or (0, 0)
    bases = [base for first, last in transcript.exons for base in range(first, last)]
    inside = [base for base in bases if start <= base < end]
    inside = inside[:-3] if transcript.strand == "+" else inside[3:]
    cds = (inside[0], inside[-1] + 1)
    frames = [
        frame if max(first, cds[0]) < min(last, cds[1]) else -1
        for (first, last), frame in zip(transcript.exons, transcript.frames, strict=True)
    ]
    return replace(transcript, cds=cds, frames=frames)


def gtf(transcripts: Iterable[Transcript]) -> str:
    """Write GTF with exon and CDS lines alone."""
    lines = []
    for t in transcripts:
        names = f'gene_id "{t.gene}"; transcript_id "{t.name}";'
        parts = [("exon", *exon, ".") for exon in t.exons]
        parts += [
            ("CDS", max(start, t.cds[0]), min(end, t.cds[1]), str((3 - frame) % 3))
            for (start, end), frame in zip(t.exons, t.frames, strict=True)
            if t.cds and max(start, t.cds[0]) < min(end, t.cds[1])
        ]
        lines += [
            f"{t.chrom}\tx\t{kind}\t{start + 1}\t{end}\t.\t{t.strand}\t{phase}\t{names}\n"
            for kind, start, end, phase in parts
        ]
    return "".join(lines)


def genepred_ext(transcripts: Iterable[Transcript]) -> str:
    """Write genePredExt; every CDS is marked as complete."""
    lines = []
    for t in transcripts:
        starts, ends = zip(*t.exons, strict=True)
        cds = t.cds or (ends[-1], ends[-1])
        mark = "cmpl" if t.cds else "none"
        cells = [t.name, t.chrom, t.strand, starts[0], ends[-1], *cds, len(starts)]
        cells += [_listed(starts), _listed(ends), 0, t.gene or "", mark, mark, _listed(t.frames)]
        lines.append("\t".join(map(str, cells)) + "\n")
    return "".join(lines)


def _listed(values: Iterable[int]) -> str:
    return "".join(f"{value}," for value in values)
