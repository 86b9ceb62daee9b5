"""Frame shifts within exons: all forms of a gene give the same codes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from annotation_helpers import build_text, listed, reasons
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orthrus.config.transcripts import TranscriptsSettings
from orthrus.transcripts.codes import CODON_START
from orthrus.transcripts.encode import encode

Interval = tuple[int, int]


@dataclass(frozen=True)
class Slip:
    """A coding transcript; `parts` are (start, end, phase) in transcript coordinates."""

    strand: str
    exons: tuple[Interval, ...]
    parts: tuple[tuple[int, int, int], ...]

    @property
    def bases(self) -> list[int]:
        """The genomic position of every base, in transcription direction."""
        bases = [base for start, end in self.exons for base in range(start, end)]
        return bases[::-1] if self.strand == "-" else bases

    def genomic(self, start: int, end: int) -> list[Interval]:
        """Cut an interval of the transcript at exon ends; positions in the genome, 0-based."""
        held = set(self.bases[start:end])
        inside = [[base for base in range(*exon) if base in held] for exon in self.exons]
        runs = [(part[0], part[-1] + 1) for part in inside if part]
        return runs[::-1] if self.strand == "-" else runs

    def cds_lines(self) -> list[tuple[int, int, int]]:
        """Return first, last (from 1) and phase of every CDS line."""
        lines = []
        for start, end, phase in self.parts:
            done = 0
            for left, right in self.genomic(start, end):
                lines.append((left + 1, right, (phase - done) % 3))
                done += right - left
        return lines

    def features(self, form: str) -> str:
        """Write the transcript as GTF or GFF3."""
        who = {
            "gtf": ['gene_id "G"; transcript_id "T";'] * 2,
            "gff3": ["ID=T;Name=T", "Parent=T"],
        }[form]
        place = f"c1\tx\t{{}}\t{{}}\t{{}}\t.\t{self.strand}\t{{}}\t{{}}\n"
        kind = {"gtf": "transcript", "gff3": "mRNA"}[form]
        text = place.format(kind, self.exons[0][0] + 1, self.exons[-1][1], ".", who[0])
        for start, end in self.exons:
            text += place.format("exon", start + 1, end, ".", who[1])
        return text + "".join(
            place.format("CDS", first, last, phase, who[1])
            for first, last, phase in self.cds_lines()
        )

    def genepred(self) -> str:
        """Write the transcript with two exons for one in which the frame shifts."""
        owned = np.zeros(len(self.bases), dtype=int)
        cuts = {len(self.bases)}
        for number, (start, end, phase) in enumerate(self.parts):
            old = self.parts[number - 1]
            first = min(old[1], start) if number else start
            if number and (start + phase - old[0] - old[2]) % 3:
                if any((start + phase - base) % 3 == 0 for base in range(first, start)):
                    first = max(b for b in range(first, start) if not (start + phase - b) % 3) + 1
                cuts.add(first)
            owned[first:end] = number + 1
        pieces = []
        for left, right in self.exons:
            where = sorted(self.bases.index(base) for base in range(left, right))
            edges = [where[0], *sorted(cuts & set(where[1:])), where[-1] + 1]
            pieces += list(pairwise(edges))
        frames = {}
        for a, b in pieces:
            coding = [i for i in range(a, b) if owned[i]]
            frame = -1
            if coding:
                start, _, phase = self.parts[owned[coding[0]] - 1]
                frame = (coding[0] - start - phase) % 3
            place = sorted((self.bases[a], self.bases[b - 1]))
            frames[(place[0], place[1] + 1)] = frame
        exons = sorted(frames)
        cds = sorted((self.bases[self.parts[0][0]], self.bases[self.parts[-1][1] - 1]))
        fields = [
            *("T", "c1", self.strand, self.exons[0][0], self.exons[-1][1], cds[0], cds[1] + 1),
            *(len(exons), listed([a for a, _ in exons]), listed([b for _, b in exons]), 0, "G"),
            *("cmpl", "cmpl", listed([frames[exon] for exon in exons])),
        ]
        return "\t".join(map(str, fields)) + "\n"

    def starts(self) -> list[int]:
        """Return where codons start, reading part by part."""
        found = []
        for number, (start, end, phase) in enumerate(self.parts):
            last = number + 1 == len(self.parts)
            stop = end if last else min(end, self.parts[number + 1][0])
            found += list(range(start + phase, stop, 3))
        return found


def codes(folder: Path, text: str) -> np.ndarray:
    """Encode the one transcript of a table."""
    made = build_text(folder, text)
    assert made.rejected.is_empty()
    genome = folder / "c1.fa"
    genome.write_text(">c1\n" + "ACGGTTCATGAC" * 100 + "\n")
    return encode(made.transcripts, genome, TranscriptsSettings()).codes


def marks(found: np.ndarray) -> list[int]:
    return np.flatnonzero(found & CODON_START).tolist()


EXON = ((100, 700),)
FORWARD = Slip("+", EXON, ((10, 100, 0), (101, 500, 0)))
BACKWARD = Slip("+", EXON, ((20, 110, 0), (109, 199, 0)))


@pytest.mark.parametrize("form", ["gtf", "gff3", "genepred"])
def test_codons_follow_each_part(tmp_path: Path, form: str) -> None:
    def found(gene: Slip) -> list[int]:
        return marks(
            codes(tmp_path, gene.genepred() if form == "genepred" else gene.features(form))
        )

    assert found(FORWARD) == [*range(10, 98, 3), *range(101, 500, 3)]
    assert found(BACKWARD) == [*range(20, 108, 3), *range(109, 199, 3)]


def test_the_exon_is_cut_where_the_earlier_part_ends(tmp_path: Path) -> None:
    row = build_text(tmp_path, FORWARD.features("gff3")).transcripts.row(0, named=True)
    assert (row["exon_starts"], row["exon_ends"]) == ([100, 200], [200, 700])
    assert row["exon_frames"] == [0, 2]
    assert (row["cds_start"], row["cds_end"], row["length"]) == (110, 600, 600)


@pytest.mark.parametrize("strand", "+-")
@pytest.mark.parametrize(
    "parts",
    [
        ((10, 100, 0), (100, 500, 1)),  # touching, out of frame
        ((10, 100, 0), (102, 500, 0)),  # two skipped
        ((10, 101, 0), (103, 500, 2)),  # in the middle of a codon
        ((10, 102, 0), (104, 500, 1)),
        ((10, 100, 0), (98, 500, 0)),  # two read twice
        ((10, 100, 0), (101, 200, 0), (199, 300, 0), (301, 400, 0)),
    ],
)
def test_siblings(tmp_path: Path, strand: str, parts: tuple[tuple[int, int, int], ...]) -> None:
    gene = Slip(strand, EXON, parts)
    of_gtf, of_gff3 = (codes(tmp_path, gene.features(form)) for form in ("gtf", "gff3"))
    assert marks(of_gtf) == gene.starts()
    assert np.array_equal(of_gtf, of_gff3)
    assert np.array_equal(of_gtf, codes(tmp_path, gene.genepred()))


@pytest.mark.parametrize("strand", "+-")
def test_parts_that_continue_in_frame_cut_nothing(tmp_path: Path, strand: str) -> None:
    gene = Slip(strand, ((100, 400), (500, 700)), ((10, 100, 0), (100, 349, 0)))
    text = gene.features("gtf")
    left, right = gene.genomic(349, 352)[0]
    stop = text.splitlines(keepends=True)[-1].split("\t")
    stop[2:5] = ["stop_codon", str(left + 1), str(right)]
    stop = "\t".join(stop)
    for table in (text, text + stop):
        row = build_text(tmp_path, table).transcripts.row(0, named=True)
        assert row["exon_starts"] == [100, 500]
        assert row["exon_ends"] == [400, 700]


@pytest.mark.parametrize("form", ["gtf", "gff3"])
@pytest.mark.parametrize("strand", "+-")
@pytest.mark.parametrize(
    ("exons", "parts"),
    [
        (EXON, ((10, 100, 0), (103, 500, 0))),  # a gap in the CDS, in frame
        (EXON, ((10, 100, 0), (200, 500, 0))),
        (EXON, ((10, 110, 0), (101, 500, 0))),  # two reading frames
        (((100, 300), (400, 700)), ((10, 190, 0), (200, 410, 0))),  # short of the exon's end
        (((100, 300), (400, 700)), ((10, 200, 0), (201, 410, 0))),  # behind the exon's start
    ],
)
def test_parts_that_do_not_join_are_no_cds(
    tmp_path: Path,
    form: str,
    strand: str,
    exons: tuple[Interval, ...],
    parts: tuple[tuple[int, int, int], ...],
) -> None:
    if strand == "-":
        exons = tuple((800 - end, 800 - start) for start, end in exons[::-1])
    other = "c1\tx\texon\t11\t40\t.\t+\t.\t"
    other += {"gtf": 'gene_id "G"; transcript_id "U";\n', "gff3": "Parent=U\n"}[form]
    other += other.replace("exon", "mRNA").replace("Parent", "ID") if form == "gff3" else ""
    made = build_text(tmp_path, other + Slip(strand, exons, parts).features(form), "max_rejected=1")
    assert reasons(made) == {"T": "cds_parts"}
    assert "do not join" in made.rejected["detail"][0]


@st.composite
def slips(draw: st.DrawFn) -> Slip:
    """Draw a transcript of up to three exons whose frame shifts up to three times."""
    strand = draw(st.sampled_from("+-"))
    position, exons = 50, []
    for _ in range(draw(st.integers(1, 3))):
        end = position + draw(st.integers(8, 40))
        exons.append((position, end))
        position = end + draw(st.integers(1, 30))
    lengths = [end - start for start, end in exons]
    ends = np.cumsum(lengths[::-1] if strand == "-" else lengths).tolist()
    start, phase, parts = draw(st.integers(0, 4)), 0, []
    for _ in range(draw(st.integers(0, 3))):
        jump = draw(st.sampled_from([-2, -1, 0, 1, 2]))
        end = start + draw(st.integers(5, 20))
        exon = next((edge for edge in ends if edge >= end), 0)
        behind = min(end, end + jump) - 1, max(end, end + jump) + 1
        if exon < behind[1] or any(edge in range(*behind) for edge in ends):
            continue
        parts.append((start, end, phase))
        read = (phase - (end - start)) % 3
        start, phase = end + jump, read if jump else draw(st.integers(0, 2))
    end = draw(st.integers(start + 3, max(start + 3, ends[-1])))
    return Slip(strand, tuple(exons), (*parts, (start, min(end, ends[-1]), phase)))


@given(slips().filter(lambda gene: gene.parts[-1][1] - gene.parts[-1][0] > 2))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
def test_all_forms_of_any_shift_agree(tmp_path: Path, gene: Slip) -> None:
    of_gtf, of_gff3 = (codes(tmp_path, gene.features(form)) for form in ("gtf", "gff3"))
    assert marks(of_gtf) == gene.starts()
    assert np.array_equal(of_gtf, of_gff3)
    assert np.array_equal(of_gtf, codes(tmp_path, gene.genepred()))


@pytest.mark.parametrize("gene", [FORWARD, BACKWARD, replace(FORWARD, strand="-")])
def test_short_introns_may_be_joined_without_losing_a_shift(tmp_path: Path, gene: Slip) -> None:
    made = build_text(tmp_path, gene.features("gtf"), "min_intron=20")
    assert made.summary["joined_introns"] == 0
    assert made.transcripts.equals(build_text(tmp_path, gene.features("gtf")).transcripts)
