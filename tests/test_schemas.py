from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from orthrus import schemas
from orthrus.errors import OrthrusError
from orthrus.schemas import GROUPS, MEMBERS, check

GOOD = pl.DataFrame(
    {
        "group": [0, 1],
        "name": ["A", "B"],
        "start": [0, 1],
        "end": [1, 2],
        "toga_start": [2, 3],
        "toga_end": [3, 3],
    },
    schema=GROUPS.schema,
)


def test_a_sound_table_is_returned_and_read_back(tmp_path: Path) -> None:
    assert check(GOOD, GROUPS) is GOOD
    for name in ("one", "two"):
        schemas.write_table(GOOD, tmp_path / name, GROUPS)
    assert schemas.read_table(tmp_path / "one", GROUPS).equals(GOOD)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize(
    "contract",
    [value for value in vars(schemas).values() if isinstance(value, schemas.Contract)]
    + [schemas.embeddings(3)],
    ids=lambda contract: contract.name,
)
def test_an_empty_table_fulfils_its_contract(contract: schemas.Contract) -> None:
    check(contract.empty(), contract)
    assert set(contract.key) <= set(contract.columns)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (GOOD.drop("end", "name"), "table groups: missing columns: name, end"),
        (GOOD.with_columns(x=1), "table groups: unknown columns: x"),
        (GOOD.rename({"end": "stop"}), "missing columns: end; unknown columns: stop"),
        (GOOD.select(reversed(GOOD.columns)), "columns are out of order, expected"),
        (GOOD.with_columns(pl.col("end").cast(pl.Int32)), "column end is Int32, not Int64"),
        (GOOD.with_columns(name=pl.lit(None, pl.String)), "column name holds nulls"),
        (pl.concat([GOOD, GOOD[:1]]), "more than one row with group=0"),
    ],
)
def test_what_breaks_a_contract_is_named(tmp_path: Path, frame: pl.DataFrame, message: str) -> None:
    with pytest.raises(OrthrusError, match=message):
        check(frame, GROUPS)
    with pytest.raises(OrthrusError, match=message):
        schemas.write_table(frame, tmp_path / "table", GROUPS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("contract", [schemas.TASK, schemas.PROBE, schemas.ZSCORES])
def test_a_number_that_is_not_finite_is_refused_with_its_row(
    tmp_path: Path, contract: schemas.Contract, value: float
) -> None:
    words = {pl.String(): "a", pl.Int64(): 1, pl.Binary(): b"a"}
    row = {
        name: [value] if isinstance(column.dtype, pl.List) else words.get(column.dtype, value)
        for name, column in contract.columns.items()
    }
    frame = pl.DataFrame([row], schema=contract.schema)
    with pytest.raises(OrthrusError, match=r"column \w+ is not finite in the row with"):
        schemas.write_table(frame, tmp_path / "table", contract)
    frame.write_parquet(tmp_path / "table")
    with pytest.raises(OrthrusError, match=r"table: table \w+: column \w+ is not finite"):
        schemas.read_table(tmp_path / "table", contract)


def test_a_file_that_is_no_such_table_is_named(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    with pytest.raises(OrthrusError, match=r"table\.parquet: cannot be read"):
        schemas.read_table(path, GROUPS)
    schemas.write_table(GOOD, path, GROUPS)
    with pytest.raises(OrthrusError, match=r"table\.parquet: table members: missing columns: row"):
        schemas.read_table(path, MEMBERS)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(OrthrusError, match=r"table\.parquet: "):
        schemas.read_table(path, GROUPS)
