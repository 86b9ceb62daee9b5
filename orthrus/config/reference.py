"""The reference of all keys; run as a module, it prints what docs/configuration.md holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from orthrus.config.build import Build, Config

Schema = dict[str, Any]

BOUNDS = {
    "minimum": "≥",
    "exclusiveMinimum": ">",
    "maximum": "≤",
    "exclusiveMaximum": "<",
    "multipleOf": "multiple of",
}

INTRODUCTION = """\
# Configuration

`config.yaml` names the build; a build is a YAML file of the keys below. Any key of a build can be
overridden in `config.yaml` or with `--config`, where null takes out what the build says. A command
takes the keys of its own section as `--set key=value`, with dots between levels. A key that is not
listed here is an error. “The paper” is the one that `CITATION.cff` names.

This page is made by `python -m orthrus.config.reference`.
"""


def reference() -> str:
    """Return the page as Markdown, ending in a line feed."""
    config = _section("config.yaml", Config.model_json_schema(), {}, set())
    schema = Build.model_json_schema()
    build = _section("", schema, schema["$defs"], set())
    return "\n".join([INTRODUCTION, *config, *build])


def _section(path: str, schema: Schema, known: Schema, shown: set[str]) -> Iterator[str]:
    """Yield the heading and table of a section, then those of the sections in it."""
    yield f"## {f'`{path}`' if path else 'A build'}\n"
    yield f"{_first_paragraph(schema['description'])}\n"
    properties = schema["properties"]
    leaves = {key: field for key, field in properties.items() if "$ref" not in field}
    if leaves:
        yield "| key | default | values | meaning |\n|---|---|---|---|"
        for key, field in leaves.items():
            default = "required" if key in schema.get("required", ()) else _code(field["default"])
            yield f"| `{key}` | {default} | {_values(field)} | {field.get('description', '')} |"
        yield ""
    for key, field in properties.items():
        name = _definition(field)
        if name is not None and name not in shown:
            shown.add(name)
            inner = f"{key}.<name>" if "additionalProperties" in field else key
            yield from _section(f"{path}.{inner}".lstrip("."), known[name], known, shown)


def _definition(field: Schema) -> str | None:
    """Return the name of the section that a field is, may be, or holds by name."""
    inside = [field, field.get("additionalProperties", {}), *field.get("anyOf", ())]
    names = [part["$ref"] for part in inside if isinstance(part, dict) and "$ref" in part]
    return names[0].rpartition("/")[2] if names else None


def _values(field: Schema) -> str:
    """Say in words which values a field takes."""
    if "anyOf" in field:
        return " or ".join(_values(part) for part in field["anyOf"])
    if "enum" in field or "const" in field:
        return ", ".join(_code(value) for value in field.get("enum", [field.get("const")]))
    if "$ref" in field:
        return "section"
    if field["type"] == "array":
        return f"list of {_values(field['items'] if 'items' in field else field['prefixItems'][0])}"
    if field["type"] == "object" and isinstance(field["additionalProperties"], bool):
        return "settings by name"
    if field["type"] == "object":
        return f"{_values(field['additionalProperties'])} by name"
    return ", ".join([field["type"], *_bounds(field)])


def _bounds(field: Schema) -> Iterator[str]:
    """Yield the limits of a number."""
    for name, words in BOUNDS.items():
        if name in field:
            yield f"{words} {field[name]}"


def _code(value: Any) -> str:
    escaped = json.dumps(value).replace("|", r"\|")
    return f"`{escaped}`"


def _first_paragraph(text: str) -> str:
    return " ".join(text.partition("\n\n")[0].split())


if __name__ == "__main__":
    print(reference(), end="")
