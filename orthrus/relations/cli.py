"""The `orthrus relations` commands."""

import typer

app = typer.Typer(help="TODO")
