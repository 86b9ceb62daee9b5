import gzip
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from transcripts_helpers import write_fasta, write_twobit

from orthrus.errors import OrthrusError
from orthrus.transcripts import genome
from orthrus.transcripts.codes import UNKNOWN
from orthrus.transcripts.kernels import encode_letters

SEQUENCES = {"chr1": "ACGTacgtNnACGGTTA" * 20, "chr2": "TTTT", "chrM": "G" * 130}


def write_bgzip(path: Path, content: bytes, block: int = 100) -> Path:
    """Blocks of gzip with the extra field BC, as bgzip writes them, and its end marker."""
    with path.open("wb") as handle:
        for start in range(0, len(content) + block, block):
            part = content[start : start + block]
            packer = zlib.compressobj(wbits=-15)
            packed = packer.compress(part) + packer.flush()
            head = b"\x1f\x8b\x08\x04" + bytes(5) + b"\xff\x06\x00BC\x02\x00"
            handle.write(head + struct.pack("<H", len(packed) + 25) + packed)
            handle.write(struct.pack("<II", zlib.crc32(part), len(part)))
    return path


def read(path: Path, wanted: object = SEQUENCES) -> dict[str, str]:
    return {
        name: "".join("ACGTN"[code] for code in codes)
        for name, codes in genome.chromosomes(path, wanted)
    }


@pytest.fixture(
    params=["plain", "gzip", "bgzip", "2bit", "2bit.gz", "one line", "tiny blocks", "crlf"]
)
def genome_file(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The same genome in every form; the names deny the content."""
    path = tmp_path / "genome.txt"
    if request.param == "2bit":
        return write_twobit(path, SEQUENCES)
    if request.param == "2bit.gz":
        path.write_bytes(gzip.compress(write_twobit(path, SEQUENCES).read_bytes()))
        return path
    write_fasta(path, SEQUENCES, width=10**6 if request.param == "one line" else 50)
    content = path.read_bytes()
    if request.param == "gzip":
        path.write_bytes(gzip.compress(content))
    elif request.param == "bgzip":
        write_bgzip(path, content)
    elif request.param == "tiny blocks":
        monkeypatch.setattr(genome, "BLOCK", 7)
        monkeypatch.setattr(genome, "CHROMOSOME", 30)
    elif request.param == "crlf":
        path.write_bytes(content.replace(b"\n", b"\r\n"))
    return path


def test_every_form_reads_alike(genome_file: Path) -> None:
    assert read(genome_file) == {name: text.upper() for name, text in SEQUENCES.items()}


def test_reads_what_is_wanted_in_file_order_and_leaves_nothing_beside(genome_file: Path) -> None:
    assert list(read(genome_file, {"chrM", "chr1", "chrZ"})) == ["chr1", "chrM"]
    assert list(genome_file.parent.iterdir()) == [genome_file]


def letter_codes() -> bytes:
    table = bytearray([UNKNOWN]) * 256
    for code, letters in enumerate((b"Aa", b"Cc", b"Gg", b"TtUu")):
        for letter in letters:
            table[letter] = code
    return bytes(table)


def test_the_compiled_codes_are_those_of_the_table() -> None:
    letters = np.arange(256, dtype=np.uint8)
    codes = np.empty_like(letters)
    encode_letters(letters, codes)
    assert codes.tobytes() == letter_codes()


def test_blanks_of_all_sorts_separate_letters(tmp_path: Path) -> None:
    path = tmp_path / "g.fa"
    path.write_bytes(b">a\nAC GT\tA\r\n\n  C\n")
    assert read(path, {"a"}) == {"a": "ACGTAC"}


def test_u_is_t_and_ambiguous_letters_are_unknown(tmp_path: Path) -> None:
    path = write_fasta(tmp_path / "rna.fa", {"r": "ACGUuRYKM*-x"})
    assert read(path, {"r"}) == {"r": "ACGTTNNNNNNN"}


def test_codes_can_be_written_to(tmp_path: Path) -> None:
    ((_, codes),) = genome.chromosomes(write_fasta(tmp_path / "g.fa", {"c": "ACG"}), {"c"})
    assert codes.dtype == np.uint8
    assert codes.flags.writeable


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"<html>\n>chr1\nACGT\n", "neither FASTA nor 2bit"),
        (b"ACGT\n", "neither FASTA nor 2bit"),
        (b">\nACGT\n", "has no name"),
        (b">c\nACGT\n>c\nACGT\n", "more than one sequence 'c'"),
        (gzip.compress(b">c\n" + b"ACGT\n" * 999, mtime=0)[:-20], "truncated or corrupt"),
    ],
)
def test_bad_files_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "genome.fa"
    path.write_bytes(content)
    with pytest.raises(OrthrusError, match=message) as caught:
        read(path, {"c"})
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(OrthrusError, match=r"absent\.fa: cannot be read"):
        read(tmp_path / "absent.fa")


@pytest.mark.parametrize(
    ("bomb", "message"),
    [
        (b">chr1\n" + b"AC\n" * 400, "chr1 has more than 700 nt"),
        (b">chr1\nAC\n>" + b"A" * 900, "holds a header of more than 600 bytes"),
        (b">chr1\nAC\n>chr2\n" + b"A" * 900, "chr2 has more than 700 nt"),
    ],
)
def test_gzip_bombs_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bomb: bytes, message: str
) -> None:
    monkeypatch.setattr(genome, "LONGEST", 700)
    monkeypatch.setattr(genome, "HEADER", 600)
    monkeypatch.setattr(genome, "BLOCK", 100)
    (tmp_path / "a.fa").write_bytes(gzip.compress(bomb))
    with pytest.raises(OrthrusError, match=rf"a\.fa: {message}"):
        read(tmp_path / "a.fa")
