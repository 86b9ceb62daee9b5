"""Figures of a gene table against a slow oracle, and phases that contradict their CDS."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from custom_helpers import bed12, encode_text, gff3
from genes_helpers import CODONS, genepred_ext, genes, gtf, phases_as_frames, phases_zero
from hypothesis import given
from hypothesis import strategies as st
from transcripts_helpers import COMPLEMENT, Transcript, annotated_frames, table, write_fasta

from orthrus.annotation.exons import Exons
from orthrus.annotation.normalize import SetMetadata
from orthrus.config.custom import CustomSettings
from orthrus.config.transcripts import TranscriptsSettings
from orthrus.errors import OrthrusError
from orthrus.transcripts import plausibility
from orthrus.transcripts.custom import CustomFiles
from orthrus.transcripts.custom import encode as encode_own
from orthrus.transcripts.encode import encode
from orthrus.transcripts.store import Store

UCSC = "mirror/hgdownload.soe.ucsc.edu/goldenPath"
STOPS = ("TAA", "TAG", "TGA")
SETTING = "transcripts.codon_phase=from_cds_start"
Write = Callable[[list[Transcript]], str]


# The oracle.


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, Transcript]:
    """A transcript on a chromosome rich in stop codons and in introns of either kind."""
    words = st.sampled_from(["TAA", "TGA", "ATG", "GT", "AG", "GC", "AT", "AC", "CT", "N", "C"])
    lengths = draw(st.lists(st.tuples(st.integers(0, 24), st.integers(1, 20)), min_size=1))
    exons, place = [], 0
    for gap, length in lengths:
        exons.append((place + gap, place + gap + length))
        place += gap + length
    sequence = "".join(draw(st.lists(words, min_size=place + 3, max_size=place + 3)))
    bases = [place for start, end in exons for place in range(start, end)]
    first, last = sorted((draw(st.sampled_from(bases)), draw(st.sampled_from(bases))))
    strand = draw(st.sampled_from("+-"))
    frames = annotated_frames(exons, (first, last + 1), strand)
    if draw(st.booleans()):
        frames = [frame if frame < 0 else draw(st.integers(0, 2)) for frame in frames]
    return sequence, Transcript("t1", "c", strand, exons, frames, (first, last + 1))


def oracle(sequence: str, t: Transcript) -> dict[str, bool]:
    """Read a CDS codon by codon."""
    order = list(zip(t.exons, t.frames, strict=True))[:: 1 if t.strand == "+" else -1]
    letters, marks, coding, broken, expected = [], [], [], False, None
    for (start, end), frame in order:
        places = list(range(start, end))[:: 1 if t.strand == "+" else -1]
        inside = [place for place in places if t.cds[0] <= place < t.cds[1]]
        broken |= bool(inside) and expected not in (None, frame)
        expected = (frame + len(inside)) % 3 if inside else expected
        for place in places:
            letter = sequence[place]
            letters.append(letter if t.strand == "+" else COMPLEMENT.get(letter, "N"))
            coding.append(place in inside)
            marks.append(place in inside and (frame + inside.index(place)) % 3 == 0)
    text = "".join(letters)
    first, end = coding.index(True), len(coding) - coding[::-1].index(True)
    starts = [i for i, mark in enumerate(marks) if mark]
    whole = [
        i for i, after in zip(starts, [*starts[1:], end], strict=False) if after - i >= 3
    ]  # as a codon that the next one cuts short is none
    inner = any(text[i : i + 3] in STOPS for i in whole if i + 3 < end)
    plain = any(text[i : i + 3] in STOPS for i in range(first, end - 3, 3))
    stops = end - first >= 3 and text[end - 3 : end] in STOPS
    open_end = end - 3 in whole and not stops and end + 3 <= len(text)
    several = sum(max(start, t.cds[0]) < min(stop, t.cds[1]) for start, stop in t.exons) > 1
    frames = annotated_frames(t.exons, t.cds, t.strand)
    return {
        "starts": end - first >= 3 and text[first : first + 3] == "ATG",
        "stops": stops,
        "open": open_end,
        "followed": open_end and text[end : end + 3] in STOPS,
        "inner_stops": inner,
        "broken": broken,
        "framed": several or frames != t.frames,
        "explained": inner and not plain,
    }


def introns(sequence: str, t: Transcript) -> tuple[int, int]:
    found = []
    for (_, left), (right, _) in zip(t.exons, t.exons[1:], strict=False):
        intron = sequence[left:right]
        if t.strand == "-":
            intron = "".join(COMPLEMENT.get(letter, "N") for letter in reversed(intron))
        if len(intron) >= 20:
            found.append(intron[:2] + intron[-2:] in ("GTAG", "GCAG", "ATAC"))
    return len(found), sum(found)


@given(cases())
def test_a_reading_is_that_of_the_oracle(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[str, Transcript]
) -> None:
    sequence, transcript = case
    genome = write_fasta(tmp_path_factory.mktemp("case") / "g.fa", {"c": sequence})
    rows = table([transcript])
    encoded = encode(rows, genome, TranscriptsSettings())
    reading = plausibility.read(rows, Exons.of(rows), encoded.codes, encoded.offsets)
    expected = oracle(sequence, transcript)
    assert {name: bool(getattr(reading, name)[0]) for name in expected} == expected
    assert encoded.introns == introns(sequence, transcript)


@pytest.mark.parametrize("ends", ["GTAG", "GCAG", "ATAC", "GTAC", "CTAC", "ATAG", "GNAG"])
@pytest.mark.parametrize("strand", "+-")
def test_ends_of_introns(tmp_path: Path, ends: str, strand: str) -> None:
    sequence = "ACGT" + ends[:2] + "C" * 16 + ends[2:] + "ACGT"
    if strand == "-":
        sequence = "".join(COMPLEMENT.get(letter, "N") for letter in reversed(sequence))
    one = Transcript("t", "c", strand, [(0, 4), (24, 28)], [-1, -1])
    encoded = encode(
        table([one]), write_fasta(tmp_path / "g.fa", {"c": sequence}), TranscriptsSettings()
    )
    assert encoded.introns == (1, int(ends in ("GTAG", "GCAG", "ATAC")))


# Real tables: of complete CDSs with ATG, with a stop; with in-frame stops; introns, canonical.

REAL = {
    "hg38.ncbiRefSeq": (230, 230, 230, 0, 3404, 3402),
    "hg38.wgEncodeGencodeBasicV43": (23, 23, 23, 0, 367, 367),
    "hg38.wgEncodeGencodeCompV43": (30, 30, 30, 0, 726, 718),
    "mm10.ncbiRefSeq": (37, 37, 37, 0, 426, 426),
    "mm10.wgEncodeGencodeBasicVM23": (6, 6, 6, 0, 132, 122),
    "rn6.ncbiRefSeq": (3, 3, 3, 0, 25, 25),
    "canFam4.ncbiRefSeq": (9, 9, 9, 0, 77, 77),
    "bosTau9.ncbiRefSeq": (8, 8, 8, 0, 78, 78),
    "galGal6.ncbiRefSeq": (5, 5, 5, 0, 47, 46),
    "ce11.ncbiRefSeq": (295, 295, 295, 0, 1976, 1965),
    "dm6.ncbiRefSeq": (235, 235, 235, 0, 1233, 1233),
}


@pytest.mark.parametrize("key", REAL)
def test_figures_of_real_tables(real_data: Path, tmp_path: Path, key: str) -> None:
    assembly, _, name = key.partition(".")
    folder = real_data / UCSC / assembly
    source, genome = folder / f"database/{name}.txt.gz", folder / f"bigZips/{assembly}.fa.gz"
    lines = encode_own(
        CustomFiles(source, genome), tmp_path / "a.zarr", SetMetadata(key, "x"), CustomSettings()
    )
    found = Store.open(tmp_path / "a.zarr").attributes["plausibility"]
    complete, starts, stops, inner, introns, canonical = REAL[key]
    assert found["complete"] == complete
    assert found["complete_start_codons"] == starts
    assert found["complete_stop_codons"] == stops
    assert found["in_frame_stops"] == inner
    assert (found["introns"], found["canonical_introns"]) == (introns, canonical)
    assert (found["misframed"], found["stop_codons_added"]) == (0, 0)
    codons = f"{complete} complete; of these, 100% start with ATG and 100% end with a stop codon; "
    assert codons + "with in-frame stop codons: 0, with a change of frame" in lines[1]
    share = "100%" if canonical == introns else f"{1000 * canonical // introns / 10:g}%"
    assert lines[2] == (
        f"{source}: {introns:,} introns, {share} with canonical ends (GT-AG, GC-AG, AT-AC)"
    )
    assert " sequences of the annotation; 0 transcripts do not fit" in lines[3]


def test_renamed_sequences_are_told(tmp_path: Path) -> None:
    rows, genome = genes(3)
    for row in rows[:2]:
        row.chrom = f"chr{row.chrom}"
    _, lines = encode_text(tmp_path, gtf(rows), genome)
    assert "has 3 (2 renamed) of the 3 sequences of the annotation" in lines[-2]


def test_tables_without_marks_tell_shares_of_all(tmp_path: Path) -> None:
    rows, genome = genes(10)
    _, lines = encode_text(tmp_path, bed12(rows), genome)
    assert lines[1].endswith(
        "10 CDSs, none marked as complete; of all, 100% start with ATG and 100% end with a stop "
        "codon; with in-frame stop codons: 0, with a change of frame between exons: 0"
    )


# Phases that contradict the lengths of their CDS.


@pytest.mark.parametrize("write", [gtf, gff3, genepred_ext])
@pytest.mark.parametrize("wrong", [phases_as_frames, phases_zero])
def test_wrong_phases_are_refused_and_the_setting_mends_them(
    tmp_path: Path, write: Write, wrong: Callable[[Transcript], Transcript]
) -> None:
    rows, genome = genes(6, exons=(141, 200, 110))
    text = write([wrong(row) for row in rows])
    with pytest.raises(OrthrusError) as caught:
        encode_text(tmp_path, text, genome)
    assert str(caught.value).startswith(f"{tmp_path}/a.table: 6 of 6 CDSs that depend on exon ")
    assert f"the first is t0; set {SETTING} (in orthrus" in str(caught.value)
    assert not list(tmp_path.glob("*.zarr"))
    mended, lines = encode_text(tmp_path, text, genome, SETTING)
    right, _ = encode_text(tmp_path, write(rows), genome)
    assert np.array_equal(mended.codes(), right.codes())
    assert not any("from_cds_start" in line for line in lines)


@pytest.mark.parametrize("strand", "+-")
def test_two_parts_with_a_wrong_phase(tmp_path: Path, strand: str) -> None:
    # CDS 101-200 phase 0, CDS 401-600 phase 1, where 2 continues the frame.
    phases = ("0", "1") if strand == "+" else ("2", "0")
    spliced = CODONS * 33 + "TAG"
    if strand == "-":
        spliced = "".join(COMPLEMENT[letter] for letter in reversed(spliced))
    genome = {"c1": "C" * 100 + spliced[:100] + "C" * 200 + spliced[100:] + "C" * 2400}
    names = 'gene_id "g"; transcript_id "t";'
    text = "".join(
        f"c1\tx\t{kind}\t{place}\t.\t{strand}\t{phase}\t{names}\n"
        for place, phase in zip(("101\t200", "401\t600"), phases, strict=True)
        for kind in ("exon", "CDS")
    )
    with pytest.raises(OrthrusError, match=f"1 of 1 CDSs that depend .*; set {SETTING}"):
        encode_text(tmp_path, text, genome)
    allowed, lines = encode_text(tmp_path, text, genome, "transcripts.max_misframed=1")
    assert any("1 of 1 CDSs that depend" in line and SETTING in line for line in lines)
    assert allowed.attributes["plausibility"]["frame_breaks"] == 1


def test_a_short_cds_may_be_free_of_stop_codons_by_chance(tmp_path: Path) -> None:
    names = 'gene_id "g"; transcript_id "t";'
    text = "".join(f"c1\tx\t{kind}\t101\t160\t.\t+\t2\t{names}\n" for kind in ("exon", "CDS"))
    genome = {"c1": "C" * 100 + "CCTAGC" * 10 + "C" * 2000}
    store, lines = encode_text(tmp_path, text, genome)
    assert any("1 of 1 CDSs that depend" in line and SETTING in line for line in lines)
    assert store.attributes["plausibility"]["misframed"] == 1


def test_few_wrong_phases_are_told_and_kept(tmp_path: Path) -> None:
    rows, genome = genes(100)
    rows[:5] = [phases_as_frames(row) for row in rows[:5]]
    store, lines = encode_text(tmp_path, gtf(rows), genome)
    (told,) = [line for line in lines if SETTING in line]
    assert "a.table: 5 of 100 CDSs that depend on exon frames" in told
    assert store.attributes["plausibility"]["misframed"] == 5
    with pytest.raises(OrthrusError, match="5 of 100"):
        encode_text(tmp_path, gtf(rows), genome, "transcripts.max_misframed=0.04")


def test_one_exon_that_does_not_start_within_a_codon(tmp_path: Path) -> None:
    rows, genome = genes(2, exons=(450,))
    for row in rows:
        row.frames = [2]
    with pytest.raises(OrthrusError, match=f"2 of 2 CDSs .* {SETTING}"):
        encode_text(tmp_path, gtf(rows), genome)


def test_a_genuine_change_of_frame_is_counted_only(tmp_path: Path) -> None:
    rows, genome = genes(2)
    shifted = []
    for row in rows:
        first = row.exons[0] if row.strand == "+" else row.exons[-1]
        # One base of the first exon is left out at its end, and the frames of the others stay.
        cut = (first[0], first[1] - 1) if row.strand == "+" else (first[0] + 1, first[1])
        exons = [cut if exon == first else exon for exon in row.exons]
        shifted.append(
            Transcript(row.name, row.chrom, row.strand, exons, row.frames, row.cds, row.gene)
        )
    store, lines = encode_text(tmp_path, genepred_ext(shifted), genome)
    found = store.attributes["plausibility"]
    assert (found["frame_breaks"], found["in_frame_stops"], found["misframed"]) == (2, 0, 0)
    assert not any(SETTING in line for line in lines)


@pytest.mark.parametrize("write", ["gtf", "gff3"])
@pytest.mark.parametrize("strand", "+-")
@pytest.mark.parametrize("second", [(122, 301), (120, 299)])
def test_a_shift_within_an_exon_is_no_wrong_phase(
    tmp_path: Path, write: str, strand: str, second: tuple[int, int]
) -> None:
    # Two CDS parts with phase 0 in one exon; read on from the first there is no stop codon.
    parts = [(31, 120), second]
    genome = "C" * 400
    shifted = second[0] - 1 + 30  # TAA at a codon of the second part
    genome = genome[:shifted] + "TAA" + genome[shifted + 3 :]
    if strand == "-":
        parts = [(401 - last, 401 - first) for first, last in parts]
        genome = "".join(COMPLEMENT[letter] for letter in reversed(genome))
    names = 'gene_id "g"; transcript_id "t";' if write == "gtf" else "ID=c;Parent=t"
    text = "" if write == "gtf" else f"c1\tx\tmRNA\t1\t400\t.\t{strand}\t.\tID=t\n"
    text += f"c1\tx\texon\t1\t400\t.\t{strand}\t.\t{names.replace('ID=c', 'ID=e')}\n"
    text += "".join(
        f"c1\tx\tCDS\t{first}\t{last}\t.\t{strand}\t0\t{names}\n" for first, last in parts
    )
    store, lines = encode_text(tmp_path, text, {"c1": genome})
    found = store.attributes["plausibility"]
    assert (found["in_frame_stops"], found["misframed"], found["frame_breaks"]) == (1, 0, 1)
    assert any("with a change of frame between exons: 1" in line for line in lines)
