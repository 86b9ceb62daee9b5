"""The JSON schema of build files; run as a module, it prints what workflow/schemas holds."""

import json

from orthrus.config.build import Build


def build_schema() -> str:
    """Return the JSON schema of a build file, as text ending in a line feed."""
    return json.dumps(Build.model_json_schema(), indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    print(build_schema(), end="")
