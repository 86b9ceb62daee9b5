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


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:pa%40ss@mirror.org/a", "https://***@mirror.org/a"),
        ("https://ghp_token@mirror.org/a.gz: 404", "https://***@mirror.org/a.gz: 404"),
        ("http://m/a?token=abc&x=1", "http://m/a?token=***&x=1"),
        ("http://m/a?X-Amz-Signature=abc", "http://m/a?X-Amz-Signature=***"),
        ("http://m/a?api_key=abc fails", "http://m/a?api_key=*** fails"),
        ("http://m/a@b?query=abc", "http://m/a@b?query=abc"),
        ("http://m:80/a@b fails", "http://m:80/a@b fails"),
        ("http://me:p@ss@m/a", "http://***@m/a"),
        ("HTTP:/me:pass@m/a", "HTTP:/***@m/a"),
        ("sftp://me:p/ass@m/a", "sftp://***@m/a"),
        ("https://m/a?sig=abc&pwd=b", "https://m/a?sig=***&pwd=***"),
    ],
)
def test_passwords_in_urls_are_never_printed(
    capsys: pytest.CaptureFixture[str], url: str, shown: str
) -> None:
    say(url)
    assert capsys.readouterr().err == f"{shown}\n"
