"""Settings of the report stage."""

from __future__ import annotations

from pydantic import Field

from orthrus.config.settings_model import SettingsModel


class ReportSettings(SettingsModel):
    """What the report shows."""

    title: str = Field("Orthrus", min_length=1, description="Title of the page.")


class ReportRun(ReportSettings):
    """The settings of one page: also what a build has now, whatever else its folder holds.

    Null: what was compared, with all structural tasks and fine-tuned models in the folder.
    """

    tasks: tuple[str, ...] | None = Field(None, description="Tasks to show.")
    models: tuple[str, ...] | None = Field(
        None, description="Models, baselines and external models to show."
    )
    finetuned: tuple[str, ...] | None = Field(None, description="Fine-tuned models to show.")
    supervised: tuple[str, ...] | None = Field(
        None,
        description="Those of them that start from fresh weights and are drawn as a line: dilated "
        "CNN and Saluki; null: all that are no pretrained models.",
    )
