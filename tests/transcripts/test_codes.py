import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthrus.errors import OrthrusError
from orthrus.transcripts.codes import CODON_START, EXON_END, UNKNOWN, check, decode, encode

VALID = [base | marks for base in (0, 1, 2, 3, UNKNOWN) for marks in (0, 8, 16, 24)]


def test_each_base_has_its_track() -> None:
    assert decode(np.arange(5, dtype=np.uint8))[:, :4].tolist() == [
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 1],
        [0, 0, 0, 0],
    ]


def test_marks_are_tracks_five_and_six() -> None:
    codes = np.array([CODON_START | 2, EXON_END | UNKNOWN], dtype=np.uint8)
    assert decode(codes).tolist() == [[0, 0, 1, 0, 1, 0], [0, 0, 0, 0, 0, 1]]


@given(st.lists(st.sampled_from(VALID)))
def test_encode_inverts_decode(values: list[int]) -> None:
    codes = np.array(values, dtype=np.uint8)
    assert np.array_equal(encode(decode(codes)), codes)


@pytest.mark.parametrize("byte", sorted(set(range(256)) - set(VALID)))
def test_every_other_byte_is_refused(byte: int) -> None:
    codes = np.zeros(1 << 19, dtype=np.uint8)
    codes[300_000] = byte
    with pytest.raises(OrthrusError, match=f"byte {byte:#04x} at position 300000"):
        check(codes)


@pytest.mark.parametrize(
    ("tracks", "message"),
    [
        (np.zeros((3, 4)), r"shape \(3, 4\) is not"),
        (np.full((1, 6), 2), "0 or 1"),
        (np.array([[1, 1, 0, 0, 0, 0]]), "more than one base"),
    ],
)
def test_other_tracks_are_refused(tracks: np.ndarray, message: str) -> None:
    with pytest.raises(OrthrusError, match=message):
        encode(tracks)
