"""The contracts of every table that passes between stages, and how tables are stored.

Coordinates are nucleotides, 0-based and half-open, in genomic order, as in genePred.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import IO

import polars as pl

from orthrus import embedded_digests
from orthrus.errors import OrthrusError
from orthrus.files import atomic_file, open_existing


@dataclass(frozen=True)
class Column:
    """The dtype of a column, whether it may hold nulls, and whether its numbers must be finite."""

    dtype: pl.DataType
    nullable: bool = False
    finite: bool = False


@dataclass(frozen=True)
class Contract:
    """The exact columns of one kind of table, in order, and the columns that identify a row."""

    name: str
    columns: dict[str, Column]
    key: tuple[str, ...] = ()

    @property
    def schema(self) -> pl.Schema:
        """The polars schema of such a table."""
        return pl.Schema({name: column.dtype for name, column in self.columns.items()})

    def empty(self) -> pl.DataFrame:
        """Return such a table without rows."""
        return pl.DataFrame(schema=self.schema)


def _required(**dtypes: pl.DataType) -> dict[str, Column]:
    return {name: Column(dtype) for name, dtype in dtypes.items()}


def _optional(**dtypes: pl.DataType) -> dict[str, Column]:
    return {name: Column(dtype, nullable=True) for name, dtype in dtypes.items()}


def _scores(**dtypes: pl.DataType) -> dict[str, Column]:
    return {name: Column(dtype, finite=True) for name, dtype in dtypes.items()}


TEXT, INT, FLOAT, FLAG = pl.String(), pl.Int64(), pl.Float64(), pl.Boolean()

TRANSCRIPTS = Contract(
    "transcripts",
    {
        **_required(transcript_id=TEXT),
        **_optional(gene_id=TEXT, gene_name=TEXT),
        **_required(annotation_set=TEXT, assembly=TEXT, species=TEXT),
        **_optional(taxon_id=INT),
        **_required(chrom=TEXT, strand=TEXT, tx_start=INT, tx_end=INT),
        **_optional(cds_start=INT, cds_end=INT),
        **_required(
            cds_start_stat=TEXT,
            cds_end_stat=TEXT,
            exon_starts=pl.List(pl.Int64()),
            exon_ends=pl.List(pl.Int64()),
            exon_frames=pl.List(pl.Int8()),
        ),
        **_optional(biotype=TEXT),
        **_required(tags=pl.List(pl.String()), origin=TEXT),
        **_optional(
            reference_transcript=TEXT,
            chain=INT,
            loss_class=TEXT,
            orthology_class=TEXT,
            has_utr=FLAG,
        ),
        **_required(length=INT),
        **_optional(mature_cds_start=INT, mature_cds_end=INT),
    },
    key=("transcript_id",),
)
"""One row per transcript of an annotation set.

`gene_id` is null where the source has none; an empty symbol is a null `gene_name`. A coding row
has both `cds_*` columns, a non-coding row neither (nor `has_utr`). `origin` is `annotation` or
`toga`; `strand` is `+` or `-`; `*_stat` is `none`, `unk`, `incmpl` or `cmpl` and belongs to the
genomic-left (`cds_start_stat`) and genomic-right end. `mature_cds_*` and `length` count along the
spliced transcript.
"""

DROPPED = Contract(
    "dropped",
    {
        **_optional(transcript_id=TEXT, chrom=TEXT),
        **_required(reason=TEXT),
        **_optional(detail=TEXT, source_row=INT),
    },
)
"""Rows that did not pass: `excluded.parquet` and `rejected.parquet`. `source_row` counts from 1."""

SETS = Contract(
    "sets",
    _required(
        annotation_set=TEXT,
        assembly=TEXT,
        species=TEXT,
        origin=TEXT,
        digest=TEXT,
        start=INT,
        end=INT,
    ),
    key=("annotation_set",),
)
"""The stores that relations are of, in their order, and their logical digests.

`start:end` are the global rows of a store.
"""

CORPUS = Contract(
    "corpus",
    _required(
        group=pl.Int32(), length=pl.Int32(), length_class=pl.Int8(), reference_row=pl.Int32()
    ),
)
"""Every transcript of every store, in store order: row i is global row i (see SETS).

`reference_row` is the global row of a TOGA projection's reference transcript, -1 where there is
none. `length_class`: 0 short, 1 long, 2 longer than both.
"""

GROUPS = Contract(
    "groups",
    _required(group=pl.Int32(), name=TEXT, start=INT, end=INT, toga_start=INT, toga_end=INT),
    key=("group",),
)
"""Gene groups: MEMBERS[start:end] are reference transcripts, MEMBERS[toga_start:toga_end] TOGA
projections."""

MEMBERS = Contract("members", _required(row=pl.Int32()))
"""Global rows, the values of two CSR matrices with GROUPS as row pointers: first the reference
transcripts of all groups, in a group by species and row; then the projections, in a group by length
class and row."""

PAIR_QUALITY = Contract(
    "pair_quality",
    _required(kind=TEXT, pairs=INT, sampled=INT)
    | _optional(
        too_long_for_short=FLOAT,
        too_long=FLOAT,
        length_ratio_q05=FLOAT,
        length_ratio_median=FLOAT,
        length_ratio_q95=FLOAT,
        base_utr5_median=FLOAT,
        partner_utr5_median=FLOAT,
        base_utr3_median=FLOAT,
        partner_utr3_median=FLOAT,
        partner_without_utr=FLOAT,
        one_without_utr=FLOAT,
    ),
    key=("kind",),
)
"""The quality of positive pairs, one row per kind: see `orthrus.relations.pair_quality`."""

HOMOLOGY = Contract(
    "homology",
    _required(species=TEXT, gene_id=TEXT) | _optional(gene_name=TEXT) | _required(group=INT),
    key=("gene_id",),
)
"""Homology groups (connected components of the paralog graph) of one species' genes."""

SPLITS = Contract(
    "splits",
    _required(species=TEXT, gene_id=TEXT)
    | _optional(gene_name=TEXT)
    | _required(group=INT, seed=INT, fold=TEXT),
    key=("gene_id", "seed"),
)
"""The fold (`train`, `val`, `test`) of every gene for every seed; a group never straddles folds."""

TASK = Contract(
    "task",
    _required(transcript_id=TEXT)
    | _optional(gene_id=TEXT, gene_name=TEXT, chrom=TEXT)
    | _required(species=TEXT, codes=pl.Binary(), length=INT)
    | _scores(target=pl.List(pl.Float64())),
    key=("transcript_id",),
)
"""One benchmark task; `codes` holds a byte per nucleotide, as a store; `target` one per label."""

PROBE = Contract(
    "probe",
    _required(task=TEXT, model=TEXT, split=TEXT, seed=INT, metric=TEXT)
    | _scores(value=FLOAT)
    | _required(n_train=INT, n_val=INT, n_test=INT, n_labels=INT)
    | _optional(alpha=FLOAT, sklearn=FLOAT),
    key=("task", "model", "split", "seed", "metric"),
)
"""One row per seed and metric of a linear probe.

`n_labels` is the number of labels scored: those with both values in the training and the test rows.
`sklearn` is the value that scikit-learn's own solvers reach, where it was asked for.
"""

HELD_OUT = Contract(
    "held_out",
    _required(
        transcript_id=TEXT, seed=INT, target=pl.List(pl.Float64()), predicted=pl.List(pl.Float64())
    ),
    key=("transcript_id", "seed"),
)
"""What the probe of a seed predicts of its test rows, one value or probability per label.

NaN stands for a label that the probe could not be fitted to.
"""

FINETUNE = Contract(
    "finetune",
    _required(task=TEXT, model=TEXT, split=TEXT, labels=TEXT, seed=INT, metric=TEXT)
    | _scores(value=FLOAT)
    | _required(n_train=INT, n_val=INT, n_test=INT, steps=INT),
    key=("task", "model", "split", "labels", "seed", "metric"),
)
"""One row per number of labels, seed and metric of a fine-tuned model.

`labels` is what was asked for (a number, a share or `full`), `n_train` the rows trained on; `steps`
is the step whose weights validation chose.
"""

ZSCORES = Contract(
    "zscores",
    _required(task=TEXT, model=TEXT, seed=INT, metric=TEXT) | _scores(value=FLOAT, z=FLOAT),
    key=("task", "model", "seed"),
)
"""Probe scores as Z-scores over the pooled runs of all models of a task (paper, Methods)."""


def embeddings(width: int) -> Contract:
    """Return the contract of an embedding table of `width` float32 dimensions."""
    vector = pl.Array(pl.Float32(), width)
    columns = _required(transcript_id=TEXT, embedding=vector)
    return Contract("embeddings", columns, key=("transcript_id",))


def check(frame: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Return `frame` unchanged if it fulfils `contract`.

    Raises
    ------
    OrthrusError
        A column is missing, unknown, out of order, of another dtype, or null or not finite where
        it may not be; or two rows share a key. The message names the table and the column.
    """
    if list(frame.columns) != list(contract.columns):
        raise OrthrusError(f"table {contract.name}: {_misfit(frame.columns, contract)}")
    for name, column in contract.columns.items():
        if frame.schema[name] != column.dtype:
            raise OrthrusError(
                f"table {contract.name}: column {name} is {frame.schema[name]}, not {column.dtype}"
            )
        if not column.nullable and frame[name].null_count():
            raise OrthrusError(f"table {contract.name}: column {name} holds nulls")
        if column.finite:
            _refuse_infinite(frame, name, contract)
    if contract.key and frame.select(contract.key).n_unique() < len(frame):
        twice = frame.filter(frame.select(contract.key).is_duplicated())
        raise OrthrusError(
            f"table {contract.name}: more than one row with {_first(twice, contract)}"
        )
    return frame


def _refuse_infinite(frame: pl.DataFrame, name: str, contract: Contract) -> None:
    """Raise an OrthrusError where a column of numbers, or of lists of them, is not finite."""
    numbers = pl.col(name)
    finite = numbers.is_finite()
    if isinstance(frame.schema[name], pl.List):
        finite = numbers.list.eval(pl.element().is_finite()).list.all()
    bad = frame.filter(~finite)
    if len(bad):
        raise OrthrusError(
            f"table {contract.name}: column {name} is not finite in the row with "
            f"{_first(bad, contract)}; make the table again"
        )


def _first(frame: pl.DataFrame, contract: Contract) -> str:
    """Return the key of the first row of a table."""
    row = frame.row(0, named=True)
    return ", ".join(f"{name}={row[name]!r}" for name in contract.key)


def _misfit(columns: list[str], contract: Contract) -> str:
    """Say how the columns of a table differ from those of its contract."""
    missing = [name for name in contract.columns if name not in columns]
    unknown = [name for name in columns if name not in contract.columns]
    if not missing and not unknown:
        return f"columns are out of order, expected {', '.join(contract.columns)}"
    found = {"missing": missing, "unknown": unknown}
    return "; ".join(
        f"{kind} columns: {', '.join(names)}" for kind, names in found.items() if names
    )


def write_table(
    frame: pl.DataFrame,
    path: str | Path,
    contract: Contract,
    metadata: dict[str, str] | None = None,
) -> None:
    """Check `frame` and write it as Parquet; the same rows always give the same bytes.

    `metadata` is what the file tells of itself beside its rows.
    """
    check(frame, contract)
    with atomic_file(path) as scratch:
        frame.write_parquet(
            scratch,
            compression="zstd",
            compression_level=3,
            row_group_size=1 << 17,
            metadata=metadata,
        )
        embedded_digests.seal_parquet(scratch)


def read_table(path: str | Path, contract: Contract) -> pl.DataFrame:
    """Read and check a Parquet table; OrthrusError names a file that breaks seal or contract."""
    with open_existing(path) as handle:
        embedded_digests.check(handle, path)
        return parse(handle, path, contract)


def parse(handle: IO[bytes], path: str | Path, contract: Contract) -> pl.DataFrame:
    """Read and check an open Parquet table whose seal was checked; see `read`."""
    try:
        return check(pl.read_parquet(handle), contract)
    except (OrthrusError, pl.exceptions.PolarsError) as error:
        raise OrthrusError(f"{path}: {error}") from None
