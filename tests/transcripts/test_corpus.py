import pickle
import shutil
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from transcripts_helpers import write_codes

from orthrus import schemas
from orthrus.errors import OrthrusError
from orthrus.transcripts import corpus as module
from orthrus.transcripts.corpus import Corpus, choose_layout
from orthrus.transcripts.store import Store

LAYOUTS = ("codes", "packed", "mapped")


TRANSCRIPTS = [[0, 1 | 8], [2 | 16], [3 | 8, 3, 4, 4 | 8, 1 | 24, 4, 16]]


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    return [
        write_codes(tmp_path, "b", TRANSCRIPTS[:2]),
        write_codes(tmp_path, "a", TRANSCRIPTS[2:]),
    ]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_global_rows_count_through_the_stores(paths: list[Path], layout: str) -> None:
    corpus = Corpus.open(paths, layout)
    assert corpus.sets == ["b.toy", "a.toy"]
    assert corpus.set_start.tolist() == [0, 2]
    assert corpus.offsets.tolist() == [0, 2, 3, 10]
    assert corpus.lengths.tolist() == [2, 1, 7]
    assert [corpus[row].tolist() for row in range(len(corpus))] == TRANSCRIPTS
    assert corpus[-1].tolist() == TRANSCRIPTS[2]
    with pytest.raises(IndexError):
        corpus[3]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_gathers_rows_in_any_order(paths: list[Path], layout: str) -> None:
    corpus = Corpus.open(paths, layout)
    codes, offsets = corpus.gather([2, 0, 2])
    assert codes.tolist() == TRANSCRIPTS[2] + TRANSCRIPTS[0] + TRANSCRIPTS[2]
    assert offsets.tolist() == [0, 7, 9, 16]
    assert [len(part) for part in corpus.gather([])] == [0, 1]
    for wrong in (3, -1):
        with pytest.raises(IndexError, match="not from 0 to 2"):
            corpus.gather([0, wrong])


def test_rows_and_stores_translate_both_ways(paths: list[Path]) -> None:
    corpus = Corpus.open(paths)
    stores, rows = corpus.locate([2, 0, 1])
    assert (stores.tolist(), rows.tolist()) == ([1, 0, 0], [0, 0, 1])
    assert corpus.rows(stores, rows).tolist() == [2, 0, 1]
    for store, row in ((1, 1), (0, 2), (0, -1), (2, 0)):
        with pytest.raises(IndexError):
            corpus.rows([store], [row])
    with pytest.raises(IndexError):
        corpus.locate([3])


def test_only_packed_codes_are_not_end_to_end(paths: list[Path]) -> None:
    expected = [code for codes in TRANSCRIPTS for code in codes]
    for layout in ("codes", "mapped"):
        corpus = Corpus.open(paths, layout)
        assert corpus.codes.tolist() == expected
        assert corpus.nbytes == 10
        assert corpus[-1].base is not None  # a view
    with pytest.raises(OrthrusError, match="open it with the layout codes or mapped"):
        _ = Corpus.open(paths, "packed").codes


def read_elsewhere(corpus: Corpus) -> list[int]:
    return corpus.gather([2, 1])[0].tolist()


def test_spawned_processes_open_it_again(paths: list[Path]) -> None:
    opened = [Corpus.open(paths, layout) for layout in LAYOUTS]
    assert all(len(pickle.dumps(corpus)) < 1000 for corpus in opened)
    with get_context("spawn").Pool(1) as pool:
        found = pool.map(read_elsewhere, opened)
    assert found == [TRANSCRIPTS[2] + TRANSCRIPTS[1]] * len(LAYOUTS)


def test_a_store_that_changed_meanwhile_is_noticed(paths: list[Path], tmp_path: Path) -> None:
    description = pickle.dumps(Corpus.open(paths))
    write_codes(tmp_path, "a", [[1]])
    corpus = pickle.loads(description)
    with pytest.raises(OrthrusError, match=r"a\.toy\.zarr: was encoded anew"):
        len(corpus)


def test_layouts_are_chosen_by_memory(paths: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    assert [choose_layout(100, memory) for memory in (200, 199, 80, 79)] == [
        "codes", "packed", "packed", "mapped",
    ]  # fmt: skip
    assert Corpus.open(paths).layout == Corpus.open(paths, "auto").layout == "codes"
    monkeypatch.setattr(module, "available_memory", lambda: 2)
    assert Corpus.open(paths).layout == Corpus.open(paths, "auto").layout == "mapped"
    for layout in ("codes", "packed"):
        with pytest.raises(OrthrusError, match="open it with the layout mapped"):
            Corpus.open(paths, layout)


def write_build(folder: Path) -> Path:
    for name in ("b", "a", "c"):
        write_codes(folder / "transcripts", name, TRANSCRIPTS[:1])
    return folder


def test_a_build_without_relations_is_opened_by_name(tmp_path: Path) -> None:
    assert Corpus.open(write_build(tmp_path)).sets == ["a.toy", "b.toy", "c.toy"]


def relate(folder: Path, sets: Sequence[str]) -> None:
    ends = np.arange(1, len(sets) + 1)
    digests = [Store.open(folder / f"transcripts/{name}.zarr").digest for name in sets]
    columns = {"annotation_set": sets, "digest": digests, "start": ends - 1, "end": ends}
    about = {name: pl.lit("x") for name in ("assembly", "species", "origin")}
    frame = pl.DataFrame(columns).with_columns(**about).select(list(schemas.SETS.columns))
    schemas.write_table(frame, folder / "relations/sets.parquet", schemas.SETS)


def test_a_build_has_the_order_of_its_relations(tmp_path: Path) -> None:
    relate(write_build(tmp_path), ["c.toy", "a.toy"])
    assert Corpus.open(str(tmp_path)).sets == ["c.toy", "a.toy"]


def test_a_build_whose_relations_are_of_another_store_is_refused(tmp_path: Path) -> None:
    relate(write_build(tmp_path), ["b.toy", "c.toy"])
    shutil.rmtree(tmp_path / "transcripts/c.toy.zarr")
    write_codes(tmp_path / "transcripts", "c", [[3, 2, 1, 0]])
    with pytest.raises(OrthrusError, match=r"its relations are of another store of c\.toy"):
        Corpus.open(tmp_path)


def test_layouts_are_named(paths: list[Path]) -> None:
    with pytest.raises(OrthrusError, match="'maped' is none of codes, packed, mapped and auto"):
        Corpus.open(paths, "maped")  # type: ignore[arg-type]


def test_one_store_is_a_corpus(paths: list[Path]) -> None:
    assert Corpus.open(paths[1]).sets == ["a.toy"]


def test_needs_stores_of_different_sets(tmp_path: Path) -> None:
    store = write_codes(tmp_path, "a", [[0]])
    with pytest.raises(OrthrusError, match="no store is given"):
        Corpus.open([])
    with pytest.raises(OrthrusError, match="holds no store below transcripts"):
        Corpus.open(tmp_path)
    with pytest.raises(OrthrusError, match=r"more than one store holds a\.toy"):
        Corpus.open([store, store])
