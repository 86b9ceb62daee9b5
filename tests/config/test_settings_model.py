import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from orthrus.config.settings_model import SettingsModel, flags, parse, settings
from orthrus.errors import OrthrusError


class Inner(SettingsModel):
    rate: float = Field(0.5, gt=0, le=1)
    names: tuple[str, ...] = ()


class Outer(SettingsModel):
    steps: int = 10
    label: str | None = None
    inner: Inner = Inner()


def test_assignments_build_a_section():
    built = settings(Outer, ["steps=3", "inner.rate=0.25", "inner.names=[a, b]"])
    assert built == Outer(steps=3, inner=Inner(rate=0.25, names=("a", "b")))


@given(
    steps=st.integers(-(10**6), 10**6),
    label=st.none() | st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=12),
    rate=st.floats(1e-6, 1),
    names=st.lists(st.text("ab c'\"$:#", max_size=5), max_size=3),
)
def test_flags_rebuild_a_section(steps, label, rate, names):
    import shlex

    section = Outer(steps=steps, label=label, inner=Inner(rate=rate, names=tuple(names)))
    words = shlex.split(flags(section))
    assert words[0::2] == ["--set"] * (len(words) // 2)
    assert settings(Outer, words[1::2]) == section


def test_defaults_need_no_flags():
    assert flags(Outer()) == ""


def test_an_unknown_key_names_the_nearest():
    message = r"^here: unknown key 'inner\.rat'; did you mean 'rate'\?$"
    with pytest.raises(OrthrusError, match=message):
        parse(Outer, {"inner": {"rat": 1}}, "here")


def test_an_unknown_key_with_no_near_one_lists_all():
    with pytest.raises(OrthrusError, match=r"unknown key 'zzz'; known keys: inner, label, steps$"):
        parse(Outer, {"zzz": 1}, "here")


def test_a_value_out_of_range_is_named():
    message = r"^--set: inner\.rate: .*less than or equal to 1.*got 2"
    with pytest.raises(OrthrusError, match=message):
        settings(Outer, ["inner.rate=2"])


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("steps", "is not of the form key=value"),
        ("steps=[1", "the value is not YAML"),
        ("steps=2021-13-45", "the value is not YAML"),
        ("steps.deeper=1", "steps: .*valid integer"),
        ("inner.names=a", r"^--set: inner\.names: should be a list, such as \[a, b\] \(got 'a'\)$"),
    ],
)
def test_malformed_assignments(assignment, message):
    with pytest.raises(OrthrusError, match=message):
        settings(Outer, [assignment])


def test_a_key_below_a_value_is_refused():
    with pytest.raises(OrthrusError, match="steps is both a value and a section"):
        settings(Outer, ["steps=1", "steps.deeper=1"])
