"""Marks these tests as `fuzz`, and tells at the end how many cases each parser was given.

A run of `make fuzz` that gave them few cases in all fails.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
FEWEST = 10_000
"""Cases of a run with the profile `fuzz`, which fails when it has fewer."""


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


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and _many(session.config) and sum(_cases(reporter).values()) < FEWEST:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if not _many(terminalreporter.config):
        return
    terminalreporter.section("cases")
    cases = _cases(terminalreporter)
    for parser, number in sorted(cases.items()):
        terminalreporter.line(f"{number:>8,}  {parser}")
    total = sum(cases.values())
    fewer = f", fewer than {FEWEST:,}: this run fails" if total < FEWEST else ""
    terminalreporter.line(f"{total:>8,}  in all{fewer}")


def _many(config: pytest.Config) -> bool:
    chosen = config.getoption("--hypothesis-profile") == "fuzz"
    return chosen and not config.getoption("--collect-only")


def _cases(reporter: Any) -> Counter[str]:
    """Return the number of cases of each parser, of all processes."""
    total: Counter[str] = Counter()
    for reports in reporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "teardown":
                for name, cases in report.user_properties:
                    if name == "cases":
                        total.update(cases)
    return total
