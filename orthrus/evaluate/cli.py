"""The `orthrus evaluate` commands."""

import typer

app = typer.Typer(help="TODO")
