"""Directory listings as web servers write them."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.targets += [value for name, value in attrs if name == "href" and value]


def children(html: str, url: str) -> list[str]:
    """Return the names in a folder from its index page; those of folders end with `/`.

    Parameters
    ----------
    html
        The page, of Apache, nginx or Python's own server.
    url
        Its address, ending with `/`. Links that lead elsewhere (parent, sorting) are left out.
    """
    page = _Links()
    page.feed(html)
    here = urlsplit(url)
    found = set()
    for target in page.targets:
        try:
            there = urlsplit(urljoin(url, target))
        except ValueError:  # a link that is no address
            continue
        name = there.path.removeprefix(here.path)
        inside = there.netloc == here.netloc and there.path.startswith(here.path)
        if inside and not there.query and name and "/" not in name.removesuffix("/"):
            found.add(unquote(name))
    return sorted(found)
