"""The `orthrus sources` commands."""

import typer

app = typer.Typer(help="TODO")
