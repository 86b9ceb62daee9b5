import pytest

from orthrus.log import printable, say, track


def test_messages_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    long = "chr1:100:b: [red]" + "x" * 300
    say(long)
    assert capsys.readouterr() == ("", f"{long}\n")


def test_progress_passes_items_on_and_is_silent_when_piped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert list(track(iter("abc"), "letters", 3)) == ["a", "b", "c"]
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("BRCA1\x1b[31m", "BRCA1\\x1b[31m"),
        ("\x9b2J", "\\x9b2J"),
        ("a\u202eb", "a\\u202eb"),
        ("title\x07\rover", "title\\x07\\rover"),
        ("β-globin\tnaïve", "β-globin\tnaïve"),
    ],
)
def test_control_characters_never_reach_a_terminal(
    capsys: pytest.CaptureFixture[str], text: str, shown: str
) -> None:
    assert printable(text) == shown
    say(text)
    assert "\x1b" not in capsys.readouterr().err
