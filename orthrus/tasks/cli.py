"""The `orthrus tasks` commands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orthrus import output_formats
from orthrus.log import say

if TYPE_CHECKING:
    from orthrus.tasks.build import TaskSources

app = typer.Typer(help="Build benchmark tasks: transcripts with measured targets.")

Output = Annotated[
    Path,
    typer.Option(
        "-o", "--output", callback=output_formats.table, help="Table to write (.parquet)."
    ),
]
Appris = Annotated[
    Path | None,
    typer.Option(help="APPRIS of the store's annotation, to choose isoforms; else by its tags."),
]
Assignments = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="E.g. functions.depth=any, custom.id=Gene_ID."),
]


@app.command()
def build(
    task: Annotated[str, typer.Argument(help="Name of the task, e.g. rnahl-human.")],
    output: Output,
    sources: Annotated[
        list[Path] | None,
        typer.Argument(help="Processed files (eclip: K562, then HepG2), or raw labels."),
    ] = None,
    store: Annotated[
        Path | None, typer.Option(help="Store whose transcripts carry the labels.")
    ] = None,
    appris: Appris = None,
    species: Annotated[
        str | None, typer.Option(help="Scientific name, where the sources do not tell it.")
    ] = None,
    assignments: Assignments = None,
) -> None:
    """Build the table of one benchmark task, and its facts as .json beside it.

    Without sources: cds-length, utr5-length, utr3-length, exon-count or biotype of a store.

    Examples: orthrus tasks build rnahl-human human.parquet -o hl.parquet

    orthrus tasks build prot-loc subcellular_location.tsv --store hg38.zarr --appris appris.txt
    -o loc.parquet
    """
    from orthrus.tasks.build import TaskSources

    _write(task, TaskSources(sources or [], store, appris, species), output, assignments)


@app.command()
def add(
    labels: Annotated[
        Path, typer.Argument(help="Table (.csv, .tsv) of transcripts, genes or symbols and labels.")
    ],
    store: Annotated[Path, typer.Option(help="Store whose transcripts carry the labels.")],
    output: Output,
    appris: Appris = None,
    decimal: Annotated[
        str | None, typer.Option(help="What stands before decimals: a point, or a comma.")
    ] = None,
    assignments: Assignments = None,
) -> None:
    r"""Make a task of your own; its name is that of the table to write.

    The first column says which transcript or gene, every other one is a label, unless custom.id and
    custom.labels name them. A gene's labels go to its best isoform. A build takes the result as
    `tasks: {name: {file: name.parquet}}`.

    Example: orthrus tasks add decay.csv --store danRer11.zarr -o decay.parquet
    --set custom.labels=\[decay_rate]
    """
    from orthrus.benchmark_tasks import KNOWN
    from orthrus.errors import OrthrusError
    from orthrus.tasks.build import TaskSources

    name = _task_name(output)
    if name in KNOWN:
        raise OrthrusError(f"{output}: {name} is a benchmark task; name yours otherwise")
    chosen = [f"custom.decimal={decimal!r}"] if decimal else []
    _write(name, TaskSources([labels], store, appris), output, [*(assignments or []), *chosen])


@app.command()
def split(
    task: Annotated[Path, typer.Argument(help="Task table (.parquet).")],
    output: Output,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="fractions, seeds.")
    ] = None,
) -> None:
    """Split the genes of a task at random, where no homology groups of its species are known.

    Example: orthrus tasks split mrfp.parquet -o mrfp.splits.parquet
    """
    from orthrus import schemas
    from orthrus.config import settings
    from orthrus.config.relations import SplitSettings
    from orthrus.tasks.splits import split as split_task

    chosen = settings(SplitSettings, assignments or [])
    table = split_task(schemas.read_table(task, schemas.TASK), chosen)
    schemas.write_table(table, output, schemas.SPLITS)
    say(f"{output}: {table['gene_id'].n_unique():,} genes at random, {len(chosen.seeds)} seeds")


def _task_name(output: Path) -> str:
    """Return the name of the task that a table holds; OrthrusError where builds cannot take it."""
    from orthrus.config.settings_model import plain_name
    from orthrus.errors import OrthrusError

    try:
        return plain_name(output.stem)
    except ValueError as error:
        raise OrthrusError(f"{output}: {error}") from None


def _write(name: str, given: TaskSources, output: Path, assignments: list[str] | None) -> None:
    """Build a task, write table and facts, and say what became of the labels."""
    from orthrus import schemas
    from orthrus.config import settings
    from orthrus.config.tasks import TaskSettings
    from orthrus.files import write_json
    from orthrus.tasks.build import build as build_task

    frame, facts = build_task(name, given, settings(TaskSettings, assignments or []))
    schemas.write_table(frame, output, schemas.TASK)
    write_json(facts, output.with_suffix(".json"))
    labels = facts["labels"]
    what = f"{facts['kind']}, {len(labels)} label{'s' * (len(labels) > 1)}"
    say(f"{output}: {facts['n']:,} transcripts, {what}")
    if "identifiers" in facts:
        say(f"{output}: its identifiers are those of {facts['identifiers']}")
    dropped = [f"{count:,} {reason}" for reason, count in facts["dropped"].items() if count]
    if dropped:
        some = facts.get("unmatched_examples")
        say(f"{output}: left out {', '.join(dropped)}" + (f", e.g. {some[0]}" if some else ""))
    if "split" in facts:
        say(f"{output}: {facts['split']}")
