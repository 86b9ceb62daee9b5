import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from orthrus.transcripts.two_bit_packing import Packed

# Every valid code: four bases and an unknown one, with and without each mark.
CODES = [base | marks for base in range(5) for marks in (0, 8, 16, 24)]

transcripts = st.lists(st.sampled_from(CODES) | st.integers(0, 3), min_size=1, max_size=40)


def packed(stores: list[list[list[int]]]) -> tuple[Packed, np.ndarray]:
    arrays = [
        (np.concatenate(store).astype(np.uint8), np.cumsum([0, *map(len, store)]))
        for store in stores
    ]
    lengths = [len(transcript) for store in stores for transcript in store]
    offsets = np.cumsum([0, *lengths])
    return Packed.of(arrays, offsets), offsets


@settings(deadline=None)  # the first case compiles
@given(st.lists(st.lists(transcripts, min_size=1, max_size=3), min_size=1, max_size=3), st.data())
def test_gives_back_any_codes(stores: list[list[list[int]]], data: st.DataObject) -> None:
    pack, offsets = packed(stores)
    flat = [transcript for store in stores for transcript in store]
    rows = data.draw(st.lists(st.integers(0, len(flat) - 1), max_size=4))
    expected = [code for row in rows for code in flat[row]]
    target = np.full(len(expected), 255, dtype=np.uint8)
    places = np.cumsum([0, *(len(flat[row]) for row in rows)])[:-1]
    pack.gather(np.array(rows, dtype=np.int64), offsets, places, target)
    assert target.tolist() == expected


def test_a_coding_transcript_has_a_run_for_its_cds_and_one_for_each_exon() -> None:
    codes = [0] * 100
    for start in range(10, 70, 3):
        codes[start] |= 8
    for end in (33, 60, 99):
        codes[end] |= 16
    pack, _ = packed([[codes]])
    assert len(pack.runs) == 4
    assert pack.nbytes == 25 + 4 * 8 + 2 * 8


def test_a_broken_frame_starts_a_run() -> None:
    pack, _ = packed([[[8, 0, 0, 8, 0, 0, 0, 8, 0, 0, 8]]])
    assert pack.runs[:, 1].tolist() == [2, 2]
