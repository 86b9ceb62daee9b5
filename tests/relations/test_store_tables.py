"""Reading columns of the tables of stores."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from relations_helpers import CLADE, transcript, write_world

from orthrus.errors import OrthrusError
from orthrus.relations.store_tables import open_tables, read_ahead
from orthrus.transcripts.store import TABLE


def test_tables_follow_each_other(tmp_path: Path) -> None:
    opened = open_tables(write_world(tmp_path, CLADE))
    assert [(table.start, table.end) for table in opened] == [(0, 3), (3, 5), (5, 7), (7, 8)]
    assert [table.is_toga for table in opened] == [False, False, True, True]
    ids = pl.concat(frame for _, frame in read_ahead(opened, ["transcript_id"]))
    assert ids["transcript_id"].to_list() == [row["transcript_id"] for row in CLADE]


@pytest.mark.parametrize("statistics", [True, False])
def test_what_must_be_the_same_throughout(tmp_path: Path, statistics: bool) -> None:
    (store,) = write_world(tmp_path, [transcript("hg38.a", name) for name in "ab"])
    table = pl.read_parquet(store / TABLE)
    table.write_parquet(store / TABLE, statistics=statistics)
    assert open_tables([store])[0].species == "Homo sapiens"
    mixed = table.with_columns(pl.Series("origin", ["annotation", "toga"]))
    mixed.write_parquet(store / TABLE, statistics=statistics)
    with pytest.raises(OrthrusError, match=r"table\.parquet: holds more than one origin"):
        open_tables([store])


def test_damaged_tables(tmp_path: Path) -> None:
    (store,) = write_world(tmp_path, [transcript("hg38.a", "a")])
    table = pl.read_parquet(store / TABLE)
    for frame, message in (
        (table.head(0), "holds no transcripts"),
        (table.drop("length"), "encode the store again"),
        (table.with_columns(pl.col("length").cast(pl.Int32)), "column length is Int32, not Int64"),
        (table.with_columns(pl.lit(None, pl.Int64).alias("length")), "column length holds nulls"),
    ):
        frame.write_parquet(store / TABLE)
        with pytest.raises(OrthrusError, match=rf"table\.parquet: .*{message}"):
            open_tables([store])[0].read(["length"])
    (store / TABLE).write_bytes(b"PAR1")
    with pytest.raises(OrthrusError, match=r"table\.parquet: .*encode the store again"):
        open_tables([store])
