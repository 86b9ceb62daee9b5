"""The processed release of the benchmark suite: one Parquet file of sequences, tracks and targets.

Columns: `gene`, `chromosome`, `sequence` (text), `cds` and `splice` (a list of 0 and 1 per
nucleotide: first nucleotide of a codon, last of an exon), and `target` (a number, or a list of one
value per label) or one `target_<label>` column per label. A column `transcript`, where present,
names the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from orthrus.errors import OrthrusError
from orthrus.files import open_existing
from orthrus.tasks.labels import binary
from orthrus.transcripts.codes import CODON_START, EXON_END, UNKNOWN

COLUMNS = ("gene", "chromosome", "sequence", "cds", "splice")
LABEL_PREFIX = "target_"


@dataclass(frozen=True)
class Release:
    """The rows of one processed file.

    Attributes
    ----------
    path
        Where it was read.
    rows
        `transcript` (null where the file has none), `gene`, `chromosome`, `codes`, `length` (nt).
    targets
        (rows, labels) float64; NaN where the file has none.
    labels
        Names of the labels; empty where the file names none.
    """

    path: Path
    rows: pl.DataFrame
    targets: npt.NDArray[np.float64]
    labels: tuple[str, ...]


def read_release_parquet(path: Path) -> Release:
    """Read and check a processed file.

    Raises
    ------
    OrthrusError
        The file is not Parquet, lacks a column, is empty, names a transcript twice; a sequence is
        empty; a track is not one 0 or 1 per nucleotide; or rows differ in their number of labels.
    """
    try:
        return _read(path)
    except pl.exceptions.PolarsError as error:
        reason = str(error).partition("\n")[0]
        raise OrthrusError(f"{path}: a column is of another type: {reason}") from None


def _read(path: Path) -> Release:
    frame = _load(path)
    targets, labels = _targets(frame, path)
    lengths = frame["sequence"].fill_null("").str.len_bytes().cast(pl.Int64)
    names = _names(frame)
    _refuse(lengths == 0, names, f"{path}: {{}} has an empty sequence; remove the row")
    tracks = {name: _track(frame[name], lengths, names, path) for name in ("cds", "splice")}
    codes = encode(frame["sequence"], **tracks)
    return Release(path, _rows(frame, codes, lengths, path), targets, labels)


def encode(
    sequences: pl.Series, cds: npt.NDArray[np.uint8], splice: npt.NDArray[np.uint8]
) -> npt.NDArray[np.uint8]:
    """Return the code bytes of all sequences, end to end, from their tracks, end to end.

    U is T, lower case is upper case, and any other letter is unknown.
    """
    letters = np.frombuffer(sequences.str.join("").item().encode(), dtype=np.uint8)
    codes: npt.NDArray[np.uint8] = _LETTERS[letters] | CODON_START * cds | EXON_END * splice
    return codes


def ends(lengths: pl.Series) -> npt.NDArray[np.int64]:
    """Return where each transcript starts in codes end to end, and where the last one ends."""
    return np.concatenate(([0], lengths.to_numpy().cumsum())).astype(np.int64)


def _letters() -> npt.NDArray[np.uint8]:
    table = np.full(256, UNKNOWN, dtype=np.uint8)
    for code, letters in enumerate((b"Aa", b"Cc", b"Gg", b"TtUu")):
        table[list(letters)] = code
    return table


_LETTERS = _letters()


def _load(path: Path) -> pl.DataFrame:
    with open_existing(path) as handle:
        try:
            frame = pl.read_parquet(handle)
        except pl.exceptions.PolarsError:
            raise OrthrusError(f"{path}: is not a Parquet file; fetch it again") from None
    if missing := [name for name in COLUMNS if name not in frame.columns]:
        raise OrthrusError(
            f"{path}: lacks the column {missing[0]!r}; a processed file has {', '.join(COLUMNS)}"
        )
    if frame.is_empty():
        raise OrthrusError(f"{path}: has no rows; fetch it again")
    return frame


def _names(frame: pl.DataFrame) -> pl.Series:
    """Return what to call each row in a message: its transcript, else its number from 1."""
    if "transcript" in frame.columns:
        return frame["transcript"]
    return pl.Series(range(1, frame.height + 1)).cast(pl.String)


def _refuse(bad: pl.Series, names: pl.Series, message: str) -> None:
    if bad.any():
        raise OrthrusError(message.format(f"row {names.filter(bad)[0]}"))


def _track(
    track: pl.Series, lengths: pl.Series, names: pl.Series, path: Path
) -> npt.NDArray[np.uint8]:
    """Return a track of all rows, end to end, after checking its lengths and values."""
    if not isinstance(track.dtype, pl.List):
        raise OrthrusError(f"{path}: column {track.name!r} is {track.dtype}, not a list of 0 and 1")
    bad = track.list.len().fill_null(0).cast(pl.Int64) != lengths
    _refuse(bad, names, f"{path}: {track.name} of {{}} is not as long as its sequence")
    flat = track.explode()
    if flat.null_count() or not flat.is_in([0, 1]).all():
        raise OrthrusError(f"{path}: column {track.name!r} holds values other than 0 and 1")
    return flat.cast(pl.UInt8).to_numpy()


def _targets(frame: pl.DataFrame, path: Path) -> tuple[npt.NDArray[np.float64], tuple[str, ...]]:
    """Return the targets (rows, labels) and the names of the labels."""
    if labels := [name for name in frame.columns if name.startswith(LABEL_PREFIX)]:
        matrix = frame.select(pl.col(labels).cast(pl.Float64).fill_null(float("nan"))).to_numpy()
        return matrix, tuple(name.removeprefix(LABEL_PREFIX) for name in labels)
    if "target" not in frame.columns:
        raise OrthrusError(f"{path}: lacks the column 'target', and has no {LABEL_PREFIX}<label>")
    target = frame["target"]
    if not isinstance(target.dtype, pl.List):
        return target.cast(pl.Float64).fill_null(float("nan")).to_numpy()[:, None], ()
    widths = target.list.len().unique()
    if widths.len() != 1 or not widths.item():
        raise OrthrusError(f"{path}: column 'target' has lists of unequal or no length")
    flat = target.explode().cast(pl.Float64).fill_null(float("nan"))
    return flat.to_numpy().reshape(frame.height, -1), ()


def _rows(
    frame: pl.DataFrame, codes: npt.NDArray[np.uint8], lengths: pl.Series, path: Path
) -> pl.DataFrame:
    transcript = frame["transcript"] if "transcript" in frame.columns else pl.lit(None, pl.String)
    rows = frame.select(
        transcript.alias("transcript"),
        pl.col("gene").cast(pl.String),
        pl.col("chromosome").cast(pl.String),
        binary(codes, ends(lengths)).alias("codes"),
        lengths.alias("length"),
    )
    named = rows["transcript"].drop_nulls()
    if named.len() and (twice := named.filter(named.is_duplicated())).len():
        raise OrthrusError(
            f"{path}: transcript {twice[0]} occurs more than once; keep one row of it"
        )
    return rows
