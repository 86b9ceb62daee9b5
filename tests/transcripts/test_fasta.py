from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from custom_helpers import bgzip
from hypothesis import given
from hypothesis import strategies as st

from orthrus.errors import OrthrusError
from orthrus.transcripts import fasta
from orthrus.transcripts.codes import UNKNOWN

LETTERS = "ACGTUNacgtunRYK-"


def by_letter(sequence: str) -> list[int]:
    numbers = {"A": 0, "C": 1, "G": 2, "T": 3, "U": 3}
    return [numbers.get(letter.upper(), UNKNOWN) for letter in sequence]


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "m.fa"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


sequences = st.lists(st.text(LETTERS, min_size=1, max_size=40), min_size=1, max_size=6)


@given(sequences, st.integers(1, 15), st.sampled_from(["\n", "\r\n"]), st.sampled_from("zbp"))
def test_equals_letter_by_letter(
    tmp_path_factory: pytest.TempPathFactory, bases: list[str], width: int, end: str, packing: str
) -> None:
    lines = []
    for i, sequence in enumerate(bases):
        lines.append(f">t{i} of > things")
        lines += [sequence[k : k + width] for k in range(0, len(sequence), width)]
    data = (end.join(lines) + end).encode()
    pack = {"z": gzip.compress, "b": lambda data: bgzip(data, 7), "p": bytes}[packing]
    found = fasta.read_mature(write(tmp_path_factory.mktemp("fasta"), pack(data)))
    assert found.headers == [f"t{i} of > things" for i in range(len(bases))]
    assert found.codes.tolist() == by_letter("".join(bases))
    assert np.diff(found.offsets).tolist() == list(map(len, bases))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("chr1\tHAVANA\tgene\t1\t9\n", "is no FASTA"),
        (b"\x42\x43", "is no FASTA"),
        (">t1\nACGT\n>t2 x\n>t3\nAC\n", "transcript 't2 x' has no sequence"),
        (">p1\nMEEPQSDPSVEPPLSQETFSDLWKLLPENN\n", "holds proteins .E, F, L, P, Q are no nucleot"),
        (">chr1\nACGT\n>chr2L\nACGT\n>chrUn_K1\nACGT\n", "looks like a genome.*sequence chr1"),
        (">1\n" + "ACGT\n" * 250_001, "looks like a genome.*sequence 1"),
        (gzip.compress(b">t1\n" + b"ACGT" * 9, mtime=0)[:-9], "truncated or corrupt"),
    ],
    ids=["empty", "gtf", "binary", "no-sequence", "protein", "genome", "chromosome", "truncated"],
)
def test_what_holds_no_transcripts(tmp_path: Path, content: str | bytes, message: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(OrthrusError, match=message) as caught:
        fasta.read_mature(path)
    assert str(caught.value).startswith(str(path))


def test_proteins_are_no_genome_and_2bit_is_not_asked(tmp_path: Path) -> None:
    with pytest.raises(OrthrusError, match="holds proteins"):
        fasta.refuse_proteins(write(tmp_path, ">p1\nMEEPQSDPSVEPPLSQETFSDLWKLLPENN\n"))
    fasta.refuse_proteins(write(tmp_path, ">c1\nACGTNNRYSWKM\n"))
    fasta.refuse_proteins(write(tmp_path, b"\x43\x27\x41\x1aEFILPQ"))


def test_names_of_intervals_are_no_chromosomes(tmp_path: Path) -> None:
    found = fasta.read_mature(write(tmp_path, ">chr1:100-104(+)\nACGT\n"))
    assert found.headers == ["chr1:100-104(+)"]


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fasta, "LONGEST", 50)
    monkeypatch.setattr(fasta, "LARGEST", 100)
    records = b"".join(b">t%d\nACGT\n" % i for i in range(99))
    with pytest.raises(OrthrusError, match="has more than 100 bytes when decompressed"):
        fasta.read_mature(write(tmp_path, gzip.compress(records)))
