"""The `orthrus annotation` commands."""

import typer

app = typer.Typer(help="TODO")
