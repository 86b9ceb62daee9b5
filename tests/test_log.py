import pytest

from orthrus.log import say, track


def test_messages_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    long = "chr1:100:b: [red]" + "x" * 300
    say(long)
    assert capsys.readouterr() == ("", f"{long}\n")


def test_progress_passes_items_on_and_is_silent_when_piped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert list(track(iter("abc"), "letters", 3)) == ["a", "b", "c"]
    assert capsys.readouterr() == ("", "")
