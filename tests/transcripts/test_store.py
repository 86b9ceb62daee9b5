import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from damage_helpers import flip
from transcripts_helpers import Transcript, table

from orthrus import schemas
from orthrus.errors import OrthrusError
from orthrus.transcripts.store import Store, write_store

ROWS = [
    Transcript("t1.2", "c", "+", [(0, 3)], [-1], gene="g"),
    Transcript("t2", "c", "-", [(1, 3), (4, 7)], [0, 2], (1, 7), gene="g"),
]
CODES = np.array([0, 1, 4 | 16, 8, 1, 2, 8 | 3, 16], dtype=np.uint8)
OFFSETS = np.array([0, 3, 8])
REJECTED = schemas.DROPPED.empty()
ATTRIBUTES = {"annotation_set": "toy1.toy", "inputs": {}, "codon_phase": "annotated"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_store(tmp_path / "a.zarr", CODES, OFFSETS, table(ROWS), REJECTED, ATTRIBUTES)
    return tmp_path / "a.zarr"


def test_gives_back_what_was_written(path: Path) -> None:
    store = Store.open(path)
    assert len(store) == 2
    assert store[0].tolist() == store[-2].tolist() == store["t1.2"].tolist() == [0, 1, 20]
    assert store["t2"].tolist() == CODES[3:].tolist()
    assert np.array_equal(store.codes(), CODES)
    assert np.array_equal(store.offsets, OFFSETS)
    assert store.table.equals(table(ROWS))
    assert store.annotation_set == "toy1.toy"
    assert store.attributes["format_version"] == 1
    store.verify()
    with pytest.raises(IndexError):
        store[2]


def test_many_chunks(tmp_path: Path) -> None:
    codes = np.random.default_rng(1).integers(0, 4, (3 << 20) + 5).astype(np.uint8)
    row = Transcript("t", "c", "+", [(0, len(codes))], [-1])
    offsets = np.array([0, len(codes)])
    write_store(tmp_path / "a.zarr", codes, offsets, table([row]), REJECTED, ATTRIBUTES)
    store = Store.open(tmp_path / "a.zarr")
    assert np.array_equal(store["t"], codes)
    assert (tmp_path / "a.zarr/codes/c/0").stat().st_size < 0.26 * len(codes)


def test_a_store_without_a_known_base_has_its_data(tmp_path: Path) -> None:
    codes = np.full(3, 4, dtype=np.uint8)  # the fill value, of which Zarr would write nothing
    offsets = np.array([0, 3])
    write_store(tmp_path / "a.zarr", codes, offsets, table(ROWS[:1]), REJECTED, ATTRIBUTES)
    assert Store.open(tmp_path / "a.zarr")[0].tolist() == [4, 4, 4]


def test_an_unknown_id_is_named_with_its_version(path: Path) -> None:
    with pytest.raises(OrthrusError, match=r"no transcript 't1'; did you mean t1\.2\?"):
        Store.open(path)["t1"]
    with pytest.raises(OrthrusError, match=r"holds no transcript 'x'$"):
        Store.open(path)["x"]


def test_an_old_store_is_replaced(path: Path) -> None:
    write_store(path, CODES[:3], OFFSETS[:2], table(ROWS[:1]), REJECTED, ATTRIBUTES)
    assert len(Store.open(path)) == 1
    assert list(path.parent.iterdir()) == [path]


def test_nothing_else_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "thesis.txt").write_text("dear")
    for other, message in (("work", "holds thesis.txt"), ("work/thesis.txt", "is a file")):
        with pytest.raises(OrthrusError, match=message):
            write_store(tmp_path / other, CODES, OFFSETS, table(ROWS), REJECTED, ATTRIBUTES)
    assert (tmp_path / "work" / "thesis.txt").read_text() == "dear"


def test_rows_that_do_not_belong_together_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(OrthrusError, match="do not belong together"):
        write_store(tmp_path / "a.zarr", CODES, OFFSETS, table(ROWS[:1]), REJECTED, ATTRIBUTES)
    with pytest.raises(OrthrusError, match="a reserved bit"):
        write_store(tmp_path / "a.zarr", CODES | 64, OFFSETS, table(ROWS), REJECTED, ATTRIBUTES)
    assert list(tmp_path.iterdir()) == []


def edit(store: Path, **attributes: object) -> None:
    document = json.loads((store / "zarr.json").read_text())
    document["attributes"].update(attributes)
    (store / "zarr.json").write_text(json.dumps(document))


def replace(file: Path, old: str, new: str) -> None:
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-9])


def shorten_table(store: Path) -> None:
    schemas.write_table(table(ROWS[:1]), store / "table.parquet", schemas.TRANSCRIPTS)


def swap_codes(store: Path, codes: np.ndarray) -> None:
    """Write other codes under the digest of the old ones, past the checks of `write_store`."""
    import zarr

    zarr.open_group(store, mode="r+")["codes"][:] = codes


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (shutil.rmtree, "is not a six-track store"),
        (lambda store: (store / "zarr.json").unlink(), "is not a six-track store"),
        (lambda store: (store / "zarr.json").write_text("{"), "is damaged"),
        (lambda store: (store / "zarr.json").write_text("[" * 99_999), "is damaged .maximum recur"),
        (lambda store: (store / "zarr.json").write_text('{"attributes": null}'), "is damaged"),
        (lambda store: edit(store, digest=None), "lacks its annotation set or digest"),
        (lambda store: replace(store / "offsets/zarr.json", "int64", "O"), "object, not integers"),
        (lambda store: replace(store / "offsets/zarr.json", "65536", "1" * 30), "is damaged"),
        (lambda store: edit(store, format="other"), "a Zarr group but not a six-track store"),
        (lambda store: edit(store, format_version=2), "format version 2.*install a newer orthrus"),
        (lambda store: edit(store, format_version="é\n"), r"format version .é\\n., this orthrus"),
        (lambda store: shutil.rmtree(store / "codes"), "is damaged"),
        (lambda store: (store / "codes/c/0").unlink(), "is damaged"),
        (lambda store: (store / "offsets/c/0").unlink(), "is damaged"),
        (lambda store: truncate(store / "codes/c/0"), "is damaged"),
        (lambda store: flip(store / "codes/c/0", 20), "is damaged"),
        (lambda store: flip(store / "offsets/c/0", 20), "is damaged"),
        (lambda store: swap_codes(store, CODES | 32), "byte 0x20 at position 0 has a reserved bit"),
        (lambda store: swap_codes(store, CODES ^ 8), "does not have its digest"),
        (lambda store: (store / "table.parquet").unlink(), "table.parquet: cannot be read"),
        (shorten_table, "2 transcripts but 1 rows"),
    ],
)
def test_damage_is_told_in_one_line(
    path: Path, damage: Callable[[Path], object], message: str
) -> None:
    damage(path)
    with pytest.raises(OrthrusError, match=message) as caught:
        Store.open(path).verify()
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_offsets_must_span_the_codes(path: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.zarr"
    write_store(short, CODES[:3], OFFSETS[:2], table(ROWS[:1]), REJECTED, ATTRIBUTES)
    shutil.rmtree(path / "codes")
    shutil.copytree(short / "codes", path / "codes")
    with pytest.raises(OrthrusError, match="offsets and codes disagree"):
        Store.open(path)


def test_the_table_is_read_by_polars_alone(path: Path) -> None:
    assert pl.read_parquet(path / "table.parquet")["transcript_id"].to_list() == ["t1.2", "t2"]
