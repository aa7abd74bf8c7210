"""Copies over real HTTP, from a server on this machine."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
from factory_home import Home, activity, copy, dataset

from houseboat.errors import RunFailed

if TYPE_CHECKING:
    from houseboat.runs import Json

BODY = b"a,b\n" + b"1,2\n" * 100_000


class Answers(BaseHTTPRequestHandler):
    """Serves one file to those who know the password, and an operation that takes two looks."""

    looks = 0

    def do_GET(self) -> None:
        """One of the answers."""
        expected = "Basic " + base64.b64encode(b"me:pw").decode()
        if self.path == "/file.csv" and self.headers["Authorization"] == expected:
            self._answer(200, BODY)
        elif self.path == "/job":
            Answers.looks += 1
            self._answer(202 if Answers.looks < 3 else 200, b'{"state": "done"}', location="/job")
        else:
            self._answer(403, b"not for you")

    def _answer(self, status: int, body: bytes, location: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Retry-After", "0")
        if location:
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_address[1]}{location}")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.fixture
def server() -> Iterator[str]:
    """The server's address."""
    made = HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_address[1]}"
    made.shutdown()
    made.server_close()


def served(home: Home, server: str, password: Json) -> None:
    """A pipeline that copies the server's file."""
    settings = {"url": server, "authenticationType": "Basic", "userName": "me", "password": password}
    home.write("linkedService", "ls_web", {"type": "HttpServer", "typeProperties": settings})
    home.pipeline([copy(dataset("web_Binary", url="file.csv"), dataset("lake_Binary", folder="in"))])


def test_a_file_arrives_with_basic_authentication(home: Home, server: str) -> None:
    """The password of the linked service is sent; the bytes are the same."""
    served(home, server, {"type": "SecureString", "value": "pw"})
    home.run()
    assert home.read("in/file.csv").encode() == BODY


def test_a_refusal_shows_status_and_answer(home: Home, server: str) -> None:
    """What the server said stands in the error."""
    served(home, server, "wrong")
    with pytest.raises(RunFailed, match=r"HttpStatusCode 403 \(Forbidden\).*/file.csv Response payload: not for you"):
        home.run()


def test_a_server_that_is_not_there_is_named(home: Home) -> None:
    """No answer at all is an error of the system, with a way out."""
    served(home, "http://127.0.0.1:9", "pw")
    with pytest.raises(RunFailed, match=r"Failed to connect to http://127.0.0.1:9/file.csv.*stands in"):
        home.run()
    assert home.activities()["Copy"].error["failureType"] == "SystemError"


def test_an_asynchronous_operation_is_followed_to_its_end(home: Home, server: str) -> None:
    """202 and a Location mean: look there until it is done."""
    Answers.looks = 0
    home.pipeline([activity("WebActivity", "W", method="GET", url=f"{server}/job")])
    home.run()
    assert (Answers.looks, home.activities()["W"].output["state"]) == (3, "done")
