from pathlib import Path

import pytest

from orthrus.errors import OrthrusError
from orthrus.outputs import suffix_of, table


def test_a_known_suffix() -> None:
    assert suffix_of(Path("a.b/c.d.tsv"), ".csv", ".tsv") == ".tsv"
    assert table(Path("t.splits.parquet")) == Path("t.splits.parquet")


@pytest.mark.parametrize("name", ["o.csv", "o", "o.parquet.gz", ".parquet"])
def test_other_suffixes(name: str) -> None:
    with pytest.raises(OrthrusError) as error:
        suffix_of(Path(name), ".a", ".b", ".c", otherwise=", or wait")
    message = f"{name}: its suffix is none of those known here; name it .a, .b or .c, or wait"
    assert str(error.value) == message
    with pytest.raises(OrthrusError, match=r"; name it \.parquet$"):
        table(Path(name))
