"""The `orthrus annotation` commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orthrus import outputs
from orthrus.config import settings
from orthrus.config.annotation import AnnotationSettings
from orthrus.log import say

app = typer.Typer(help="Turn published gene annotations into transcript tables.")


@app.callback()
def _group() -> None:
    pass


@app.command()
def build(
    table: Annotated[Path, typer.Argument(help="genePred, GTF, GFF3 or BED12, gzip or not.")],
    annotation_set: Annotated[str, typer.Option(help="<assembly>.<annotation>.")],
    species: Annotated[str, typer.Option(help="Scientific name.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", callback=outputs.plain, help="Folder to write.")
    ],
    taxon_id: Annotated[int | None, typer.Option(help="NCBI taxonomy identifier.")] = None,
    attributes: Annotated[Path | None, typer.Option(help="wgEncodeGencodeAttrs dump.")] = None,
    tags: Annotated[Path | None, typer.Option(help="wgEncodeGencodeTag dump.")] = None,
    orthology: Annotated[Path | None, typer.Option(help="TOGA orthologsClassification.")] = None,
    loss: Annotated[Path | None, typer.Option(help="TOGA loss_summ_data.")] = None,
    chrom_sizes: Annotated[Path | None, typer.Option(help="Lengths of the chromosomes.")] = None,
    aliases: Annotated[
        Path | None, typer.Option(help="chromAlias.txt, assembly_report.txt, sequence_report.jsonl")
    ] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", help="Setting as key=value, e.g. min_intron=20.")
    ] = None,
) -> None:
    """Build the transcript table of one annotation set.

    Writes transcripts.parquet, excluded.parquet, rejected.parquet and summary.json. The format of
    TABLE is told by its content.

    Example: orthrus annotation build ncbiRefSeq.txt.gz --annotation-set ce11.ncbirefseq
    --species "Caenorhabditis elegans" -o annotation/ce11.ncbirefseq
    """
    from orthrus.annotation.build import Files
    from orthrus.annotation.build import build as build_set
    from orthrus.annotation.normal import Label
    from orthrus.annotation.sieve import tell

    files = Files(table, attributes, tags, orthology, loss, chrom_sizes, aliases)
    chosen = settings(AnnotationSettings, assignments or [])
    made = build_set(files, Label(annotation_set, species, taxon_id), chosen)
    made.write(output)
    say(
        f"{annotation_set}: {len(made.transcripts):,} transcripts, "
        f"{tell(made.excluded, 'rows excluded')}, {tell(made.rejected, 'rejected')}"
    )
