"""Settings of the encoder, and the kinds of encoders."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Literal

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from orthrus.config.settings_model import SettingsModel, parse
from orthrus.errors import OrthrusError

GROUP = "orthrus.encoders"
"""The group of entry points by which other packages bring encoders."""


@dataclass(frozen=True)
class EncoderKind:
    """What is known of a kind of encoder before its class is loaded, which takes torch.

    Attributes
    ----------
    place
        Module and class, as in `package.module:Class`; a subclass of `orthrus.models.base.Encoder`.
    keys
        The settings of `EncoderSettings` that it has, besides `kind` and `n_tracks`.
    lr, weight_decay
        With which the published code trains it on labels from fresh weights.
    is_supervised
        The papers compare with it as a method that is trained on labels alone.
    """

    place: str
    keys: tuple[str, ...] = ("options",)
    lr: float = 1e-3
    weight_decay: float = 1e-3
    is_supervised: bool = False

    def load(self) -> Any:
        """Import the class.

        Raises
        ------
        OrthrusError
            There is no such class.
        """
        module, _, name = self.place.partition(":")
        try:
            found = getattr(import_module(module), name)
        except (ImportError, AttributeError) as error:
            raise OrthrusError(f"encoder {self.place}: cannot be imported: {error}") from None
        return found


ENCODERS = {
    "mamba": EncoderKind("orthrus.models.encoder:Orthrus", ("width", "layers")),
    "dilated_cnn": EncoderKind(
        "orthrus.models.dilated_cnn:DilatedCNN", ("size",), is_supervised=True
    ),
    "saluki": EncoderKind("orthrus.models.saluki:Saluki", ("size",), 1e-4, 0.0, is_supervised=True),
}
"""The kinds of this package."""


def encoder_kind(name: str) -> EncoderKind:
    """Return a kind of this package, or of an installed one that brings encoders.

    Raises
    ------
    ValueError
        No kind has this name.
    """
    if name in ENCODERS:
        return ENCODERS[name]
    others = {point.name: point.value for point in entry_points(group=GROUP)}
    if name in others:
        return EncoderKind(others[name])
    known = [*ENCODERS, *sorted(others)]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
    raise ValueError(f"no encoder is called {name!r}; {hint}")


class EncoderSettings(SettingsModel):
    """Kind and size of an encoder; the defaults are Orthrus Small (256 wide, 3 layers, 6 tracks).

    The keys of the other kinds are ignored, so that a model of a build may change `kind` alone.
    """

    kind: str = Field(
        "mamba",
        description="`mamba`: Mamba-1 blocks, as Orthrus; `dilated_cnn`: residual dilated "
        "convolutions; `saluki`: convolutions and a GRU, as Saluki; or one of another package, "
        f"by the name of its entry point in the group `{GROUP}`",
    )
    n_tracks: Literal[4, 6] = Field(
        6, description="Input tracks: 4 (A, C, G, T) or 6 (and codon starts, exon ends)."
    )
    width: int = Field(
        256,
        ge=16,
        le=4096,
        multiple_of=16,
        description="Of `mamba`: channels of the hidden states.",
    )
    layers: int = Field(3, ge=1, le=64, description="Of `mamba`: number of blocks.")
    size: Literal["small", "medium"] = Field(
        "small",
        description="Of `dilated_cnn` and `saluki`: `small`, or `medium`, which has about as many "
        "parameters as Orthrus (512 wide, 6 layers).",
    )
    options: dict[str, Any] = Field(
        {}, description="Settings of an encoder of another package, which says what it takes."
    )

    @field_validator("kind")
    @classmethod
    def _is_known(cls, kind: str) -> str:
        encoder_kind(kind)
        return kind

    @model_validator(mode="after")
    def _kind_takes_options(self) -> EncoderSettings:
        kind = encoder_kind(self.kind)
        if "options" in kind.keys:
            try:
                parse(kind.load().Options, self.options, "options")
            except OrthrusError as error:
                raise ValueError(str(error)) from None
        elif self.options:
            raise ValueError(f"options: {self.kind!r} takes none; leave out {min(self.options)!r}")
        return self

    @model_serializer(mode="wrap")
    def _without_empty_options(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out options where there are none, as of all settings that were written before."""
        values: dict[str, Any] = dump(self)
        return values if self.options else {k: v for k, v in values.items() if k != "options"}


def encoder_sizes(settings: dict[str, Any]) -> list[str]:
    """Return the sizes of an encoder in words, given its dumped settings.

    Examples
    --------
    >>> encoder_sizes(EncoderSettings(layers=6).model_dump())
    ['256', '6']
    >>> encoder_sizes({"kind": "saluki", "size": "medium"})
    ['medium']
    """
    keys = encoder_kind(settings["kind"]).keys
    options = [f"{key}={value}" for key, value in settings.get("options", {}).items()]
    return [str(settings[key]) for key in keys if key != "options"] + options
