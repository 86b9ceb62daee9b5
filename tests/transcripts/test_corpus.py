from pathlib import Path

import numpy as np
import pytest
from transcripts_helpers import Transcript, table

from orthrus import tables
from orthrus.errors import OrthrusError
from orthrus.transcripts.corpus import Corpus
from orthrus.transcripts.store import write_store


def write(path: Path, name: str, transcripts: list[list[int]]) -> Path:
    rows = [
        Transcript(f"{name}{i}", "c", "+", [(0, len(codes))], [-1], annotation_set=f"{name}.toy")
        for i, codes in enumerate(transcripts)
    ]
    codes = np.concatenate(transcripts).astype(np.uint8)
    offsets = np.cumsum([0, *map(len, transcripts)])
    attributes = {"annotation_set": f"{name}.toy"}
    write_store(path / name, codes, offsets, table(rows), tables.DROPPED.empty(), attributes)
    return path / name


def test_global_rows_count_through_the_stores(tmp_path: Path) -> None:
    paths = [write(tmp_path, "b", [[0, 1], [2]]), write(tmp_path, "a", [[3, 3, 3]])]
    corpus = Corpus.open(paths)
    assert corpus.sets == ["b.toy", "a.toy"]
    assert corpus.set_start.tolist() == [0, 2]
    assert corpus.offsets.tolist() == [0, 2, 3, 6]
    assert corpus.lengths.tolist() == [2, 1, 3]
    assert [corpus[row].tolist() for row in range(len(corpus))] == [[0, 1], [2], [3, 3, 3]]
    assert corpus[-1].base is corpus.codes
    with pytest.raises(IndexError):
        corpus[3]


def test_needs_stores_of_different_sets(tmp_path: Path) -> None:
    store = write(tmp_path, "a", [[0]])
    with pytest.raises(OrthrusError, match="no store is given"):
        Corpus.open([])
    with pytest.raises(OrthrusError, match=r"more than one store holds a\.toy"):
        Corpus.open([store, store])
