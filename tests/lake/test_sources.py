from __future__ import annotations

import http.server
import threading
from typing import TYPE_CHECKING

import pytest

from houseboat.errors import LakePathError
from houseboat.lake import WebSources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BASE = "https://raw.githubusercontent.com/owner/repository/main"


@pytest.fixture
def web(tmp_path: Path) -> WebSources:
    """A folder that stands in for a repository."""
    folder = tmp_path / "github"
    (folder / "data").mkdir(parents=True)
    (folder / "data/a b.csv").write_bytes(b"x\n1\n")
    (folder / "data/t.json").write_text("{}")
    (folder / "api").mkdir()
    (folder / "api/index.json").write_text('{"name": "repository"}')
    (tmp_path / "secret.txt").write_text("secret")
    return WebSources({BASE + "/": folder})


def test_a_file_is_answered_like_a_web_server(web: WebSources) -> None:
    """200 with the bytes, content type, length and an ETag that follows the content."""
    answer = web.request(f"{BASE}/data/t.json")
    assert (answer.status, answer.body) == (200, b"{}")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-length"] == "2"
    again = web.request(f"{BASE}/data/t.json")
    other = web.request(f"{BASE}/data/a%20b.csv")
    assert again.headers["etag"] == answer.headers["etag"] != other.headers["etag"]
    assert other.headers["content-type"] == "text/csv"


def test_head_has_the_headers_only(web: WebSources) -> None:
    """HEAD answers like GET without a body."""
    answer = web.request(f"{BASE}/data/t.json", method="HEAD")
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "2")


def test_an_unchanged_file_is_not_sent_again(web: WebSources) -> None:
    """If-None-Match with the ETag gives 304."""
    etag = web.request(f"{BASE}/data/t.json").headers["etag"]
    answer = web.request(f"{BASE}/data/t.json", headers={"If-None-Match": etag})
    assert (answer.status, answer.body) == (304, b"")


def test_what_is_missing_is_404_and_other_methods_are_405(web: WebSources) -> None:
    """A folder without an index is missing, too; nothing can be written."""
    assert web.request(f"{BASE}/data/none.csv").status == 404
    assert web.request(f"{BASE}/data").status == 404
    answer = web.request(f"{BASE}/data/t.json", method="PUT", body=b"x")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


def test_a_folder_answers_with_its_index(web: WebSources) -> None:
    """An API's address, with a query, is the folder's index.json."""
    assert web.request(f"{BASE}/api?per_page=1").body == b'{"name": "repository"}'
    assert web.request(f"{BASE}/api/").status == 200


@pytest.mark.parametrize(
    "path", ["../secret.txt", "%2e%2e/secret.txt", "data/../../secret.txt", "data/..%2f..%2fsecret.txt"]
)
def test_nothing_outside_the_folder_is_served(web: WebSources, path: str) -> None:
    """Dots, plain or encoded, never lead out."""
    with pytest.raises(LakePathError, match="leave"):
        web.request(f"{BASE}/{path}")


@pytest.mark.parametrize("path", ["%252e%252e/secret.txt", "data%00/t.json", "..%5csecret.txt"])
def test_odd_names_are_just_missing(web: WebSources, path: str) -> None:
    """Double encodings, NUL and backslashes name no file."""
    assert web.request(f"{BASE}/{path}").status == 404


def test_links_out_of_the_folder_are_not_served(web: WebSources, tmp_path: Path) -> None:
    """A link to a file outside is refused."""
    (tmp_path / "github/link.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(LakePathError):
        web.request(f"{BASE}/link.txt")


def test_the_longest_prefix_decides(tmp_path: Path) -> None:
    """A more precise entry of the manifest comes first; names that only begin alike are others."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "f").write_text(name)
    web = WebSources({"https://h/x": tmp_path / "a", "https://h/x/deep": tmp_path / "b"})
    assert web.request("https://h/x/f").body == b"a"
    assert web.request("https://h/x/deep/f").body == b"b"
    assert web.request("HTTPS://H/x/f").body == b"a"
    assert web.folder("https://h/xy/f") is None


def test_only_web_addresses_are_asked(tmp_path: Path) -> None:
    """file: and others are refused before anything is opened."""
    (tmp_path / "x").write_text("x")
    for url in (f"file://{tmp_path}/x", "ftp://h/x"):
        with pytest.raises(LakePathError, match="not an http or https"):
            WebSources({}).request(url)


@pytest.fixture
def server() -> Iterator[str]:
    """A real server on this machine."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(418 if self.path == "/teapot" else 200)
            self.send_header("X-Seen", self.headers["X-Mine"])
            self.end_headers()
            self.wfile.write(body[::-1])

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{found.server_address[1]}"
        found.shutdown()


def test_other_addresses_are_really_asked(server: str) -> None:
    """Method, headers and body go out; every status comes back as an answer."""
    for path, status in (("/x", 200), ("/teapot", 418)):
        answer = WebSources({}).request(server + path, method="POST", headers={"X-Mine": "1"}, body=b"abc")
        assert (answer.status, answer.body, answer.headers["x-seen"]) == (status, b"cba", "1")


def test_no_answer_is_an_os_error() -> None:
    """A closed port raises what callers retry."""
    with pytest.raises(OSError, match="refused"):
        WebSources({}).request("http://127.0.0.1:9/x", timeout=5)
