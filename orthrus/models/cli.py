"""The `orthrus models` commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orthrus import output_formats
from orthrus.log import printable, say

app = typer.Typer(help="Look at the weights of encoders, and convert them.")

Place = Annotated[str, typer.Argument(help="Folder, file of weights, or id of a repository.")]
Resources = Annotated[Path, typer.Option(help="Where fetched files lie.")]


@app.command()
def show(place: Place, resources: Resources = Path("resources")) -> None:
    """Print what a model is: layout, sizes, heads, digest, and which scan would run it here.

    Example: orthrus models show results/demo/pretrain/contrastive
    """
    from orthrus.models.checkpoint import read_checkpoint
    from orthrus.models.model_card import card

    for key, value in card(read_checkpoint(place, resources)).items():
        print(printable(f"{key:10}  {value}"))


@app.command()
def convert(
    place: Place,
    output: Annotated[
        Path, typer.Option("-o", "--output", callback=output_formats.plain, help="Folder to write.")
    ],
    resources: Resources = Path("resources"),
) -> None:
    """Write a model as model.safetensors and config.json, with its MLM head if it has one.

    What was read stands in summary.json.

    Example: orthrus models convert run/epoch=22-step=20000.ckpt -o orthrus-large
    """
    from orthrus.files import atomic_folder, write_json
    from orthrus.models import checkpoint
    from orthrus.models.model_card import summary

    model = checkpoint.read_checkpoint(place, resources)
    with atomic_folder(output) as folder:
        checkpoint.save(model.encoder, folder, model.mlm_head)
        write_json(summary(model), folder / "summary.json")
    say(f"{output}: {model.layout} {model.path} converted")
