"""What every section of the configuration shares: strict keys, and `--set key=value`."""

from __future__ import annotations

import difflib
import re
import reprlib
import shlex
from typing import Annotated, Any, TypeVar, get_args

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from orthrus.errors import OrthrusError
from orthrus.log import without_secrets

S = TypeVar("S", bound="SettingsModel")

YAML_FAULTS = (yaml.YAMLError, ValueError, RecursionError)
"""What PyYAML raises: ValueError for a date like 2021-13-45 or a number of thousands of digits."""

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


def plain_name(name: str) -> str:
    """Return a name that becomes part of a path; ValueError unless it is safe there.

    Examples
    --------
    >>> plain_name("orthrus_4-track.v2")
    'orthrus_4-track.v2'
    """
    if not NAME.fullmatch(name) or ".." in name:
        raise ValueError(
            f"{name!r} is not a valid name; use letters, digits, '.', '_' and '-', and start with "
            "a letter, a digit or '_'"
        )
    return name


def name_option(name: str) -> str:
    """Take a name as an option's callback; OrthrusError as `plain_name` raises ValueError."""
    try:
        return plain_name(name)
    except ValueError as error:
        raise OrthrusError(str(error)) from None


Name = Annotated[str, AfterValidator(plain_name)]


class SettingsModel(BaseModel):
    """A part of the configuration: immutable, and a key it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _choose(cls, value: Any, info: ValidationInfo) -> Any:
        """Take a number among choices as text too, which Snakemake's --config makes of it."""
        choices = get_args(cls.model_fields[str(info.field_name)].annotation)
        return next((c for c in choices if isinstance(c, int) and str(c) == value), value)


def parse(model: type[S], values: Any, where: str) -> S:
    """Validate `values` as `model`.

    Raises
    ------
    OrthrusError
        One line for the first fault, naming the key and, for an unknown key, the nearest right one.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise OrthrusError(f"{where}: {_explain(model, error)}") from None


def settings(model: type[S], assignments: list[str], where: str = "--set") -> S:
    """Build a section from `key=value` assignments; keys may be dotted, values are YAML."""
    return parse(model, nested(assignments, where), where)


def nested(assignments: list[str], where: str) -> dict[str, Any]:
    """Turn `["a.b=1"]` into `{"a": {"b": 1}}`."""
    values: dict[str, Any] = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals:
            raise OrthrusError(f"{where}: {assignment!r} is not of the form key=value")
        *parents, last = key.split(".")
        node = values
        for parent in parents:
            node = node.setdefault(parent, {})
            if not isinstance(node, dict):
                raise OrthrusError(f"{where}: {parent} is both a value and a section")
        try:
            node[last] = yaml.safe_load(text)
        except YAML_FAULTS:
            raise OrthrusError(f"{where}: {assignment!r}: the value is not YAML") from None
    return values


def flags(section: SettingsModel) -> str:
    """Return the shell-quoted `--set key=value` options that rebuild `section`."""
    return " ".join(
        f"--set {shlex.quote(f'{key}={_yaml(value)}')}" for key, value in changed(section).items()
    )


def changed(section: SettingsModel, prefix: str = "") -> dict[str, Any]:
    """Return the dotted keys of `section` whose values differ from the defaults."""
    found: dict[str, Any] = {}
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, SettingsModel):
            found |= changed(value, f"{prefix}{name}.")
        elif field.is_required() or value != field.get_default(call_default_factory=True):
            found[prefix + name] = value
    return found


def _yaml(value: Any) -> str:
    if isinstance(value, tuple):
        value = list(value)
    text: str = yaml.safe_dump(value, default_flow_style=True, width=10**9)
    return text.removesuffix("\n").removesuffix("...").removesuffix("\n")


def _explain(model: type[BaseModel], error: ValidationError) -> str:
    fault = error.errors()[0]
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] != "extra_forbidden":
        message = fault["msg"].removeprefix("Value error, ")
        if fault["type"] in ("tuple_type", "list_type"):  # what YAML calls neither
            message = "should be a list, such as [a, b]"
        # Without a key the fault is between keys, which the message names itself.
        return (
            f"{key}: {message} (got {without_secrets(_short(fault['input']))})" if key else message
        )
    known = _known_keys(model, fault["loc"][:-1])
    near = difflib.get_close_matches(str(fault["loc"][-1]), known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
    return f"unknown key {key!r}; {hint}"


def _short(value: Any) -> str:
    """Return how a value is written, cut short: YAML's aliases can stand for billions of items."""
    writer = reprlib.Repr()
    writer.maxstring = writer.maxother = 100
    return writer.repr(value)


def _known_keys(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """Return the field names of the section found by following `path` from `model`."""
    for part in path:
        annotation = model.model_fields[part].annotation if part in model.model_fields else None
        model = _section_in(annotation) or model
    return sorted(model.model_fields)


def _section_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        if found := _section_in(inner):
            return found
    return None
