"""Transcript tables as the text formats that other tools read.

To add a format, write a module with `lines` and register it in `WRITERS`. Each returns one row per
line, columns in the order of the format's fields; what reads the text back gives the same
transcripts, as far as the format can hold them.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

import polars as pl

from orthrus.annotation.export import bed12, genepred, gtf
from orthrus.files import atomic_file

WRITERS: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "genepred": genepred.lines,
    "gtf": gtf.lines,
    "bed12": bed12.lines,
}
COMPRESSION = 6


def export(table: pl.DataFrame, form: str, path: Path | None) -> None:
    """Write rows of TRANSCRIPTS in one of the formats of `WRITERS`.

    Parameters
    ----------
    table
        The rows to write.
    form
        A key of `WRITERS`.
    path
        The file to write, compressed if its name ends in `.gz`; None is standard output. The same
        rows always give the same bytes.
    """
    lines = WRITERS[form](table)
    if path is None:
        _write(lines, sys.stdout.buffer)
        return
    with atomic_file(path) as scratch, scratch.open("wb") as raw:
        if path.suffix == ".gz":
            with gzip.GzipFile("", "wb", COMPRESSION, raw, mtime=0) as packed:
                _write(lines, packed)
        else:
            _write(lines, raw)


def _write(lines: pl.DataFrame, handle: IO[bytes] | gzip.GzipFile) -> None:
    text = lines.write_csv(separator="\t", include_header=False, quote_style="never")
    handle.write(text.encode())
