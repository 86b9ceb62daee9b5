import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transcripts_helpers import write_twobit
from twobitreader import TwoBitFile

from orthrus.errors import OrthrusError
from orthrus.transcripts import twobit

SEQUENCES = {"chr1": "ACGTNNNNacgtnnTTTGCANC" * 7, "chr2": "T", "chr3": "GATTACA"}


def letters(codes: np.ndarray) -> str:
    return "".join("ACGTN"[code] for code in codes)


@pytest.mark.parametrize("order", ["<", ">"])
def test_reads_either_byte_order(tmp_path: Path, order: str) -> None:
    path = write_twobit(tmp_path / "genome.2bit", SEQUENCES, order)
    found = {name: letters(codes) for name, codes in twobit.chromosomes(path, SEQUENCES)}
    assert found == {name: sequence.upper() for name, sequence in SEQUENCES.items()}


@given(st.text("ACGTNacgtn", min_size=1, max_size=60))
def test_agrees_with_twobitreader(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = write_twobit(tmp_path_factory.mktemp("twobit") / "genome.2bit", {"c": text})
    ((_, codes),) = twobit.chromosomes(path, {"c"})
    with TwoBitFile(str(path)) as genome:
        assert letters(codes) == genome["c"][:].upper()


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twobit, "LARGEST", 100)
    packed = tmp_path / "genome.2bit.gz"
    packed.write_bytes(gzip.compress(write_twobit(tmp_path / "a.2bit", SEQUENCES).read_bytes()))
    with pytest.raises(OrthrusError, match=r"genome\.2bit\.gz: has more than 100 bytes"):
        list(twobit.chromosomes(packed, SEQUENCES))


def test_a_truncated_file_is_refused_wherever_it_ends(tmp_path: Path) -> None:
    whole = write_twobit(tmp_path / "genome.2bit", SEQUENCES).read_bytes()
    cut = tmp_path / "cut.2bit"
    for size in range(4, len(whole)):
        cut.write_bytes(whole[:size])
        with pytest.raises(OrthrusError, match="truncated"):
            list(twobit.chromosomes(cut, SEQUENCES))


def test_an_unknown_version_is_refused(tmp_path: Path) -> None:
    path = write_twobit(tmp_path / "genome.2bit", SEQUENCES)
    content = bytearray(path.read_bytes())
    content[4] = 7
    path.write_bytes(content)
    with pytest.raises(OrthrusError, match="2bit version 7 is unknown"):
        list(twobit.chromosomes(path, SEQUENCES))
