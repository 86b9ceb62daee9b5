from __future__ import annotations

from matplotlib.figure import Figure

from orthrus.report.svg import ACCENT, render, style


def drawn(name: str) -> str:
    with style():
        figure = Figure()
        figure.subplots().plot([1, 2], color=ACCENT)
    return render(figure, name, 'A "line"')


def test_colours_are_the_pages() -> None:
    text = drawn("a")
    assert "stroke: var(--accent)" in text
    assert "fill: var(--muted)" in text
    assert ACCENT not in text


def test_size_is_the_pages_and_the_label_is_escaped() -> None:
    head = drawn("a").split(">", 1)[0]
    assert "viewBox" in head
    assert " width=" not in head
    assert " height=" not in head
    assert 'aria-label="A &quot;line&quot;"' in head


def test_identifiers_depend_on_the_name_alone() -> None:
    assert drawn("a") == drawn("a")
    assert drawn("a") != drawn("b")
