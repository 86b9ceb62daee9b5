"""The `orthrus pretrain` commands."""

import typer

app = typer.Typer(help="TODO")
