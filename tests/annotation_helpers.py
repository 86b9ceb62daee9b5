"""Small gene tables, and slow obvious ways to compute what the annotation stage derives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st

from orthrus.annotation.build import Annotation, Files, build
from orthrus.annotation.normalize import SetMetadata
from orthrus.config import settings
from orthrus.config.annotation import AnnotationSettings

LABEL = SetMetadata("hg38.test", "Homo sapiens", 9606)


@dataclass(frozen=True)
class Gene:
    """One transcript; positions 0-based and half-open, genomic order."""

    name: str = "T1.1"
    chrom: str = "chr1"
    strand: str = "+"
    exons: tuple[tuple[int, int], ...] = ((10, 40), (50, 100))
    cds: tuple[int, int] = (20, 80)
    frames: tuple[int, ...] | None = None

    def line(self, **changes: object) -> str:
        """Return a 15-column genePredExt line, with some fields changed."""
        starts, ends = zip(*self.exons, strict=True)
        coding = self.cds[0] < self.cds[1]
        mark = "cmpl" if coding else "none"
        fields: dict[str, object] = {
            "name": self.name,
            "chrom": self.chrom,
            "strand": self.strand,
            "txStart": starts[0],
            "txEnd": ends[-1],
            "cdsStart": self.cds[0],
            "cdsEnd": self.cds[1],
            "exonCount": len(self.exons),
            "exonStarts": listed(starts),
            "exonEnds": listed(ends),
            "score": 0,
            "name2": "GENE1",
            "cdsStartStat": mark,
            "cdsEndStat": mark,
            "exonFrames": listed(self.frames or frames_by_walking(self)),
        }
        return "\t".join(str(value) for value in (fields | changes).values()) + "\n"


def listed(values: tuple[int, ...] | list[int]) -> str:
    """Write a list as UCSC does."""
    return "".join(f"{value}," for value in values)


def spliced(gene: Gene) -> list[int]:
    """Return the genomic position of every base of the transcript, in its own direction."""
    bases = [base for start, end in gene.exons for base in range(start, end)]
    return bases[::-1] if gene.strand == "-" else bases


def frames_by_walking(gene: Gene) -> list[int]:
    """Return exon frames by walking the CDS base by base."""
    frame_at = {}
    coding = [base for base in spliced(gene) if gene.cds[0] <= base < gene.cds[1]]
    for count, base in enumerate(coding):
        frame_at[base] = count % 3
    frames = []
    for start, end in gene.exons:
        here = [base for base in range(start, end) if base in frame_at]
        first = (max(here) if gene.strand == "-" else min(here)) if here else None
        frames.append(-1 if first is None else frame_at[first])
    return frames


def mature_cds_by_walking(gene: Gene) -> tuple[int, int] | None:
    """Return the CDS in transcript coordinates, or None."""
    inside = [i for i, base in enumerate(spliced(gene)) if gene.cds[0] <= base < gene.cds[1]]
    return (inside[0], inside[-1] + 1) if inside else None


@st.composite
def genes(draw: st.DrawFn) -> Gene:
    """Draw a transcript: any strand, 1-nt exons, abutting exons, coding or not."""
    lengths = st.integers(1, 12)
    position, exons = draw(st.integers(0, 20)), []
    for _ in range(draw(st.integers(1, 6))):
        end = position + draw(lengths)
        exons.append((position, end))
        position = end + draw(st.integers(0, 5))
    bases = [base for start, end in exons for base in range(start, end)]
    first, last = sorted(draw(st.tuples(*[st.sampled_from(bases)] * 2)))
    cds = (first, last + 1) if draw(st.booleans()) else (exons[0][0], exons[0][0])
    return Gene(strand=draw(st.sampled_from("+-")), exons=tuple(exons), cds=cds)


def complete_genes() -> st.SearchStrategy[Gene]:
    """Draw transcripts that are non-coding or have a CDS of two whole codons at least."""

    def fits(gene: Gene) -> bool:
        first, end = mature_cds_by_walking(gene) or (0, 6)
        return (end - first) % 3 == 0 and end - first > 3

    return genes().filter(fits)


def runs(gene: Gene, bases: list[int]) -> list[tuple[int, int]]:
    """Cut some of a transcript's bases into intervals, exon by exon, in genomic order."""
    held = set(bases)
    inside = [[base for base in range(*exon) if base in held] for exon in gene.exons]
    return [(part[0], part[-1] + 1) for part in inside if part]


def build_text(
    folder: Path, text: str, *assignments: str, label: SetMetadata = LABEL, **files: str
) -> Annotation:
    """Build an annotation set from text; companions are text too."""
    written = {}
    for name, content in {"table": text, **files}.items():
        written[name] = folder / f"{name}.txt"
        written[name].write_text(content)
    return build(Files(**written), label, settings(AnnotationSettings, list(assignments)))


def reasons(annotation: Annotation) -> dict[str, str]:
    """Return why each named row did not pass."""
    rows = [*annotation.rejected.iter_rows(named=True), *annotation.excluded.iter_rows(named=True)]
    return {row["transcript_id"]: row["reason"] for row in rows}
