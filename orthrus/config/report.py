"""Settings of the report stage."""

from __future__ import annotations

from pydantic import Field

from orthrus.config.base import Section


class ReportSettings(Section):
    """What the report shows."""

    title: str = Field("Orthrus", min_length=1, description="Title of the page.")
