"""Damage to files, and what must hold of every parser whatever it is given.

A parser reads what it is given, all of it, or refuses with one line that names the file. Damaged
files start from sound ones, so that they come past the first check: strategies below draw them.
How many cases a parser was given is counted, and told at the end of a run.
"""

from __future__ import annotations

import codecs
import copy
import gzip
import json
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
from custom_helpers import bgzip
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from orthrus.errors import OrthrusError

T = TypeVar("T")

MANY = settings.get_current_profile_name() == "fuzz"
fuzzing = settings(
    max_examples=settings.default.max_examples if MANY else 20,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
"""Of every property here; `--hypothesis-profile=fuzz` decides how many cases."""

CASES: Counter[str] = Counter()
"""How many cases each parser was given in this process."""

JUNK = (
    "", " ", ".", "-", "+", "-1", "-5", "0", "1e5", "1.5", "NaN", "inf", "x", "é", "名", "\0", '"',
    "'", ",", ",,", "1,2,3", "1,,2,", "9" * 10, "9" * 30, "-" + "9" * 25, "2147483648", "#", ";",
    "=", "ID=", "\\N", 'transcript_id "', "none", "chr1\tchr2", "\r", "%2", "{", "[", ":", "..",
    "../x", "\ufeff", "\x1b[31m", "\u2028", "nan", "True", "x" * 200_000,
)  # fmt: skip


def attempt(parser: str, where: Path | str, run: Callable[[], T]) -> T | None:
    """Run a parser, and return what it read, or None where it refused.

    A refusal is an OrthrusError of one line that names `where`; anything else fails the test.
    """
    CASES[parser] += 1
    try:
        return run()
    except OrthrusError as error:
        message = str(error)
    assert str(where) in message
    assert "\n" not in message
    return None


def given(folder: Path, name: str, data: bytes) -> Path:
    """Write a file to read."""
    path = folder / name
    path.write_bytes(data)
    return path


def filled_lines(data: bytes, comment: bytes = b"#", end: bytes = b"") -> list[str] | None:
    """Return the lines of a file that are not blank and no comments, None if it is no text.

    Lines from the first one that begins with `end` are not among them, whatever they hold.
    """
    if data.startswith(b"\x1f\x8b"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error):
            return None
    if end:
        data = (b"\n" + data).split(b"\n" + end)[0].removeprefix(b"\n")
    try:
        lines = data.removeprefix(codecs.BOM_UTF8).decode().split("\n")
    except UnicodeDecodeError:
        return None
    bare = (line.removesuffix("\r") for line in lines)
    return [
        line for line in bare if line.strip(" \t\r\v\f") and not line.encode().startswith(comment)
    ]


@st.composite
def damaged_text(draw: st.DrawFn, sound: str, separator: str = "\t", keep: int = 0) -> bytes:
    """Draw a file of which some lines are damaged, but not the first `keep`."""
    lines = sound.splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(min(keep, len(lines) - 1), len(lines) - 1))
        lines[at] = draw(_damaged_line(lines[at], separator))
    if draw(st.booleans()):
        lines[keep:] = draw(st.permutations(lines[keep:]))
    text = "".join(lines)
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    if draw(st.integers(0, 4)) == 0:
        text += sound
    return draw(_packed(text.encode()))


@st.composite
def damaged_bytes(draw: st.DrawFn, sound: bytes) -> bytes:
    """Draw a binary file with some bytes changed, inserted or cut away."""
    data = bytearray(sound)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        match draw(st.integers(0, 5)):
            case 0:
                del data[at:]
            case 1:
                data[at:at] = draw(st.binary(max_size=8))
            case 2:
                del data[at : at + draw(st.integers(1, 8))]
            case 3:
                data[at : at + 4] = draw(st.sampled_from([b"\xff" * 4, b"\0" * 4, b"\x7f\0\0\0"]))
            case _:
                data[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
    return bytes(data)


@st.composite
def _packed(draw: st.DrawFn, data: bytes) -> bytes:
    """Draw what may happen to a whole file: bytes inserted, cut, compressed, cut after that."""
    if draw(st.integers(0, 9)) == 0:
        data = codecs.BOM_UTF8 + data
    match draw(st.integers(0, 12)):
        case 0:
            cut = draw(st.integers(0, len(data)))
            return data[:cut] + draw(st.binary(max_size=8)) + data[cut:]
        case 1:
            return data[: draw(st.integers(0, len(data)))]
        case 2:
            data = gzip.compress(data, mtime=0)
            return data[: draw(st.integers(0, len(data)))]
        case 3:
            return gzip.compress(data, mtime=0)
        case 4:
            return bgzip(data)
        case 5:
            return draw(damaged_bytes(gzip.compress(data, mtime=0)))
        case _:
            return data


@st.composite
def _damaged_line(draw: st.DrawFn, line: str, separator: str) -> str:
    fields = line.rstrip("\n").split(separator)
    at = draw(st.integers(0, len(fields) - 1))
    junk = draw(st.sampled_from(JUNK))
    match draw(st.integers(0, 8)):
        case 0:
            del fields[at]
        case 1:
            fields.insert(at, junk)
        case 2:
            return line[: draw(st.integers(0, len(line)))]  # joins the next line, too
        case 3:
            place = draw(st.integers(0, len(fields[at])))
            fields[at] = fields[at][:place] + junk + fields[at][place:]
        case 4:
            other = draw(st.integers(0, len(fields) - 1))
            fields[at], fields[other] = fields[other], fields[at]
        case 5:
            return line + draw(
                st.sampled_from(["", "\n", "#\n", "\t\n", "  \n", junk + "\n", line])
            )
        case 6:
            fields[at] = fields[draw(st.integers(0, len(fields) - 1))]
        case _:
            fields[at] = junk
    return separator.join(fields) + "\n"


JSON_JUNK: tuple[Any, ...] = (
    None, True, -1, 0, 1.5, 10**30, 1e308, float("nan"), float("inf"), "", "x", "é\n", [], {}, [1],
    {"a": 1}, [None],
)  # fmt: skip


@st.composite
def damaged_json(draw: st.DrawFn, sound: Any) -> bytes:
    """Draw a JSON document of which some values or keys are changed, or its text is damaged."""
    value = copy.deepcopy(sound)
    for _ in range(draw(st.integers(1, 3))):
        value = draw(_damaged_value(value))
    text = json.dumps(value)
    match draw(st.integers(0, 7)):
        case 0:
            return draw(damaged_bytes(text.encode()))
        case 1:
            return draw(st.sampled_from([b"", b"[" * 200_000, b"9" * 5000, b"\xff", b"null"]))
        case _:
            return text.encode()


@st.composite
def _damaged_value(draw: st.DrawFn, value: Any) -> Any:
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(
        value, list
    ) else []  # fmt: skip
    if not keys or draw(st.integers(0, 9)) == 0:
        return copy.deepcopy(draw(st.sampled_from(JSON_JUNK)))
    key = draw(st.sampled_from(keys))
    match draw(st.integers(0, 5)):
        case 0:
            del value[key]
        case 1 if isinstance(value, dict):
            value[draw(st.sampled_from(["x", "", "é", str(key) * 2]))] = value[key]
        case _:
            value[key] = draw(_damaged_value(value[key]))
    return value


TYPES = (pl.String, pl.Int64, pl.Float64, pl.Int8, pl.Boolean, pl.List(pl.Int64), pl.Binary)


@st.composite
def damaged_frame(draw: st.DrawFn, sound: pl.DataFrame) -> pl.DataFrame:
    """Draw a table with columns that are absent, renamed or of another type, and other values."""
    frame = sound
    for _ in range(draw(st.integers(1, 2))):
        name = draw(st.sampled_from(frame.columns))
        match draw(st.integers(0, 7)):
            case 0 if frame.width > 1:
                frame = frame.drop(name)
            case 1:
                frame = frame.rename({name: f"{name}_"})
            case 2:
                wanted = draw(st.sampled_from(TYPES))
                frame = frame.with_columns(pl.Series(name, [None] * len(frame), dtype=wanted))
            case 3:
                frame = pl.concat([frame, frame.head(draw(st.integers(0, 2)))])
            case 4:
                frame = frame.head(draw(st.integers(0, len(frame))))
            case 5:
                keep = pl.int_range(pl.len()) != draw(st.integers(0, 2))
                frame = frame.with_columns(pl.when(keep).then(name).alias(name))
            case _:
                frame = frame.with_columns(draw(_other_values(frame[name])))
    return frame


@st.composite
def _other_values(draw: st.DrawFn, column: pl.Series) -> pl.Series:
    """Draw a column of the same type with one other value."""
    numbers = [-1, 0, 1, 7, 2**31, 2**62, -(2**62)]
    values = column.to_list()
    if not values:
        return column
    at = draw(st.integers(0, len(values) - 1))
    number = draw(st.sampled_from(numbers))
    if column.dtype == pl.String:
        values[at] = draw(st.sampled_from(JUNK[:-1]))
    elif column.dtype == pl.Binary:
        values[at] = draw(st.binary(max_size=4))
    elif column.dtype.is_integer():
        values[at] = number if column.dtype == pl.Int64 else 1
    elif column.dtype.is_float():
        values[at] = draw(st.sampled_from([-1.0, float("nan"), float("inf"), 1e300]))
    elif column.dtype == pl.List(pl.Int64):
        values[at] = draw(st.sampled_from([[], [number], [None], [0, number], [1, 0]]))
    elif column.dtype == pl.List(pl.Float64):
        values[at] = draw(st.sampled_from([[], [float("nan")], [None], [0.0, 1.0], [1e300]]))
    return pl.Series(column.name, values, dtype=column.dtype)


@st.composite
def damaged_parquet(draw: st.DrawFn, sound: pl.DataFrame, scratch: Path) -> bytes:
    """Draw the bytes of a Parquet file: a damaged table, a cut file, or something else."""
    path = scratch / ".drawn.parquet"
    draw(damaged_frame(sound)).write_parquet(path)
    data = path.read_bytes()
    match draw(st.integers(0, 7)):
        case 0:
            return data[: draw(st.integers(0, len(data) - 1))]
        case 1:
            return draw(
                st.sampled_from([b"", b"PAR1", b"PAR1PAR1", b"a\tb\n", gzip.compress(data)])
            )
        case _:
            return data
