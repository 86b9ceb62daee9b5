"""Marks these tests as `fuzz`, and tells at the end how many cases each parser was given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.fuzz)


@pytest.fixture(autouse=True)
def _counted(record_property: Any) -> Iterator[None]:
    """Leave the number of cases with the report, which also comes back from other processes."""
    from fuzz_helpers import CASES  # not earlier: it asks for the profile, which is chosen by now

    before = CASES.copy()
    yield
    record_property("cases", dict(CASES - before))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    total: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "teardown":
                for name, cases in report.user_properties:
                    if name == "cases":
                        total.update(cases)
    if total and terminalreporter.config.getoption("--hypothesis-profile") == "fuzz":
        terminalreporter.section("cases")
        for parser, number in sorted(total.items()):
            terminalreporter.line(f"{number:>8,}  {parser}")
        terminalreporter.line(f"{sum(total.values()):>8,}  in all")
