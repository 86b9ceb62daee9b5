"""Settings of the sources stage."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from orthrus.config.settings_model import SettingsModel


class SourcesSettings(SettingsModel):
    """How files are fetched, and which TOGA queries are listed."""

    retries: int = Field(5, ge=0, description="Further attempts after a transfer that broke.")
    timeout: float = Field(
        60.0, gt=0, description="Seconds without an answer that break a transfer."
    )
    backoff: float = Field(
        1.0, ge=0, description="Seconds before the first further attempt; doubles with each one."
    )
    longest_wait: float = Field(
        300.0,
        ge=0,
        description="Seconds between two attempts at most, whatever the server asks for.",
    )
    connections: int = Field(4, ge=1, le=16, description="Transfers of one command at a time.")
    connections_per_host: int = Field(
        4, ge=1, le=16, description="Transfers from one host at a time, of all commands together."
    )
    host_connections: dict[str, Annotated[int, Field(ge=1, le=16)]] = Field(
        {}, description="The same for single hosts: `{host: number}`."
    )
    insecure_hosts: tuple[Annotated[str, Field(pattern=r"^[a-z0-9.-]+$")], ...] = Field(
        (),
        description="Hosts whose certificates are broken and not verified, that other hosts lead "
        "to without encryption, or that public hosts lead to in a private network. What they send "
        "is only as good as its pinned checksum.",
    )
    fetch_on: Literal["head", "node"] = Field(
        "head",
        description="Where files are fetched: `head`, where Snakemake runs, as nodes of a cluster "
        "often have no network; `node`, in submitted jobs.",
    )
    eutheria_only: bool = Field(
        True, description="List only TOGA queries of the Eutheria, as the paper's data set does."
    )
