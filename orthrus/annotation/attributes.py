r"""The attributes of a feature line, the ninth field of GTF and GFF3.

In GFF3 they are `key=value` with percent escapes. In GTF they are `key "value"`, where files of
gene finders and other tools leave quotes out, escape them, or write an identifier alone:

========================= ==========================================================
`gene_id g1;`             the value is read without quotes
`gene_id 'g1';`           single quotes are quotes
`note "a \"b\"; c";`     an escaped quote and a semicolon inside quotes are text
`gene_id g1";`            a lost quote is put back, and the command says so
`g1.t1`                   a field without blanks is the transcript (AUGUSTUS, BRAKER)
`gene_id "g1" tag "x";`   a lost semicolon is put back; a comma may stand in its place
`gene_id "g1 tag "x";`    a lost quote and semicolon before an attribute that is read, too
`gene_id "g1"; # by hand` a comment is left out
========================= ==========================================================

Nearly all lines are plainly `key "value";`. The others are rewritten to that (`plain`), after which
one pattern reads all of them.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import polars as pl

from orthrus.log import say

KEYS = (
    "transcript_id", "transcript_version", "transcript_type", "transcript_biotype",
    "transcript_support_level", "gene_id", "gene_version", "gene_name", "gene", "tag",
)  # fmt: skip
"""The attributes that are read of a GTF."""

_ATTRIBUTES = pl.col("attributes")
_PLAIN = r'^(?:\s*[^\s";]+ "[^";\\]*"(?:;|\s*$)|\s*(?:level|exon_number) \d+;)*\s*$'
_BARE = r"^\s*([^\s\";=]*[^\s\";=.][^\s\";=]*)\s*;?\s*$"
_COMMENT = r'^((?:[^"#]|[^\s;"#]#|"[^"]*")*)#.*$'
_ANY_KEY = rf"(?:{'|'.join(KEYS)})"
_UNPARTED = rf"""(\s(?:"(?:[^"\\]|\\.)*"|'[^']*'))(?:\s*,\s*|\s+)({_ANY_KEY}\b)"""
_UNCLOSED = rf"""(\s"[^";]*[^";\s])\s+({_ANY_KEY}\s*")"""
_PAIR = r""";\s*([^\s";]+)(\s*"(?:[^"\\]|\\.)*"|\s+'[^']*'|[^;]*)\s*;"""
_QUOTED, _WHOLE = r'^"((?:[^"\\]|\\.)*)"$', r"^(?:\"(?:[^\"\\]|\\.)*\"|'[^']*')$"
_HIDDEN = {"\\": "\x1d", ";": "\x1e", '"': "\x1f"}
"""What stands for the marks of the format within a rewritten value."""


def is_plain() -> pl.Expr:
    """Return whether GTF attributes are plainly `key "value";`; true where there are none."""
    return _ATTRIBUTES.str.contains(_PLAIN).fill_null(True)


def plain(lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rewrite GTF attributes as `key "value";`.

    Parameters
    ----------
    lines
        `source_row` and `attributes`, of few or odd lines: this takes long.

    Returns
    -------
    lines
        The same with other `attributes`; `shown` makes their values readable again.
    doubtful
        The values of `KEYS` whose quotes are absent or do not match: `source_row`, `key`, `value`.
    """
    # Every semicolon is doubled: one ends a pair, the other begins the next.
    text = _ATTRIBUTES.str.replace(_COMMENT, "$1").str.replace_all(_UNCLOSED, '$1"; $2')
    text = text.str.replace_all(_UNPARTED, "$1; $2")
    text = text.str.replace_all(";", ";;", literal=True)
    pairs = lines.select(
        "source_row", pair=pl.concat_str(pl.lit(";"), text, pl.lit(";")).str.extract_all(_PAIR)
    )
    pairs = pairs.explode("pair").select(
        "source_row", pl.col("pair").str.extract_groups(_PAIR).struct.rename_fields(["key", "raw"])
    )
    pairs = pairs.unnest("pair").with_columns(
        raw=pl.col("raw").str.strip_chars().str.replace_all(";;", ";", literal=True)
    )
    pairs = pairs.with_columns(value=_value(pl.col("raw")))
    written = pl.concat_str("key", pl.lit(' "'), _hidden(pl.col("value")), pl.lit('"'))
    rewritten = pairs.group_by("source_row", maintain_order=True).agg(written.str.join("; "))
    joined = lines.join(rewritten, on="source_row", how="left", maintain_order="left")
    bare = _ATTRIBUTES.str.extract(_BARE)
    alone = pl.concat_str(pl.lit('transcript_id "'), bare, pl.lit('"'))
    doubtful = pairs.filter(
        pl.col("key").is_in(KEYS) & ~pl.col("raw").str.contains(_WHOLE) & (pl.col("value") != "")
    )
    return (
        joined.with_columns(attributes=pl.coalesce(alone, "key")).drop("key"),
        doubtful.select("source_row", "key", "value"),
    )


def _value(raw: pl.Expr) -> pl.Expr:
    """Return a value without its quotes; of one with text behind its quotes, what is inside."""
    escaped = raw.str.extract(_QUOTED).str.replace_all(r"\\(.)", "$1")
    single = raw.str.extract(r"^'([^']*)'$")
    return pl.coalesce(escaped, single, raw.str.extract(r'^"([^"]*)"'), raw.str.strip_chars("\"'"))


def _hidden(value: pl.Expr) -> pl.Expr:
    return value.str.replace_many(_HIDDEN)


def shown(value: pl.Expr) -> pl.Expr:
    """Return a value of rewritten attributes as it was."""
    return value.str.replace_many({hidden: mark for mark, hidden in _HIDDEN.items()})


def tell(doubtful: pl.DataFrame, path: str | Path) -> None:
    """Say which attributes were read although their quotes are absent or do not match."""
    if doubtful.is_empty():
        return
    row, key, value = doubtful.sort("source_row", maintain_order=True).row(0)
    number = doubtful["source_row"].n_unique()
    say(
        f"{path}, line {row}: the value of {key} is not one text in quotes; it was read as "
        f"{value!r}" + (f", as were attributes of {number - 1:,} other lines" if number > 1 else "")
    )


def of_gtf(key: str) -> pl.Expr:
    """Return the first value of an attribute of plain GTF, null where it is absent or empty."""
    return _ATTRIBUTES.str.extract(rf'(?:^|;)\s*{key} "([^";\\]+)"\s*(?:;|$)').alias(key)


def word_of_gtf(key: str) -> pl.Expr:
    """Return the first value of an attribute of GTF that may lack quotes, as numbers often do."""
    return _ATTRIBUTES.str.extract(rf'(?:^|;)\s*{key} "?([^";\s\\]+)').alias(key)


def every_of_gtf(key: str) -> pl.Expr:
    """Return all values of an attribute of plain GTF, as a list."""
    found = _ATTRIBUTES.str.extract_all(rf'(?:^|;)\s*{key} "[^";\\]+"')
    return found.list.eval(pl.element().str.extract(r'"([^"]+)"')).alias(key)


def written_in_gff3(key: str) -> pl.Expr:
    """Return the value of a GFF3 attribute as it is written; null where it is absent or empty."""
    return _ATTRIBUTES.str.extract(rf"(?:^|;)\s*{key}=([^;]+)")


def of_gff3(key: str) -> pl.Expr:
    """Return the value of a GFF3 attribute, unescaped; null where it is absent or empty."""
    return unescaped(written_in_gff3(key)).alias(key)


def unescaped(value: pl.Expr) -> pl.Expr:
    """Return text without percent escapes; one whose bytes are no UTF-8 stays as it is written."""
    return value.map_batches(_unescaped, return_dtype=pl.String, is_elementwise=True)


def _unescaped(values: pl.Series) -> pl.Series:
    written = values.filter(values.str.contains("%", literal=True).fill_null(False)).unique()
    if written.is_empty():
        return values
    return values.replace(written, pl.Series(map(_unquoted, written), dtype=pl.String))


def _unquoted(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return text
