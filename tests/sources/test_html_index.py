from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orthrus.sources.html_index import children

APACHE = """<html><head><title>Index of /TOGA/ref</title></head><body><table>
<tr><th><a href="?C=N;O=D">Name</a></th><th><a href="?C=M;O=A">Last modified</a></th></tr>
<tr><td><a href="/TOGA/">Parent Directory</a></td></tr>
<tr><td><a href="Mus_musculus__house_mouse__mm10/">Mus_musculus__house_mouse__mm10/</a></td></tr>
<tr><td><a href="Homo_sapiens__man%27s__x1/">..</a></td></tr>
<tr><td><a href="/TOGA/ref/overview.table.tsv">overview.table.tsv</a></td></tr>
<tr><td><a href="deeper/file">deeper</a></td><td><a href="https://b.org/TOGA/ref/x">x</a></td></tr>
<tr><td><a name="anchor">no link</a><a href="../">up</a><a href="./">here</a></td></tr>
</table></body></html>"""


def test_only_what_lies_in_the_folder() -> None:
    assert children(APACHE, "https://a.org/TOGA/ref/") == [
        "Homo_sapiens__man's__x1/",
        "Mus_musculus__house_mouse__mm10/",
        "overview.table.tsv",
    ]


NCBI = """<html><body><pre>Name                         Last modified      Size
<hr><a href="/genomes/all/GCA/004/027/">Parent Directory</a>                                     -
<a href="GCA_004027335.1_UroGra_v1_BIUU/">GCA_004027335.1_UroGra_v1_BIUU/</a> 2019-01-28 21:30   -
</pre></body></html>"""


def test_listing_of_ncbi() -> None:
    assert children(NCBI, "https://ftp.ncbi.nlm.nih.gov/genomes/all/GCA/004/027/335/") == [
        "GCA_004027335.1_UroGra_v1_BIUU/"
    ]


@given(st.text() | st.text("<a href='!/[]:-=>\"x", max_size=60))
def test_any_page_is_read(html: str) -> None:
    for name in children(f"<a href=good>{html}", "https://a.org/b/"):
        assert name.removesuffix("/")


def test_links_that_are_no_addresses() -> None:
    assert children("<a href='http://[x'>1</a><a href='y'>2</a>", "https://a.org/b/") == ["y"]


def test_no_listing() -> None:
    assert children("Forbidden", "https://a.org/") == []
