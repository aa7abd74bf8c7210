"""What stands in, at home, for addresses outside: a folder of files served with the semantics of HTTP.

The manifest maps a prefix of web addresses to a folder. A request below the prefix is answered from the folder (200
with the file, its content type, length and an ETag; 404 for what is not there; 405 for what is not GET or HEAD);
every other request goes to the real address.
"""

from __future__ import annotations

import hashlib
import mimetypes
import shutil
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from houseboat.errors import LakePathError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Response:
    """An HTTP answer: ``status``, ``headers`` (lower-case names), ``body`` bytes."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class WebSources:
    """Answers HTTP requests from stand-in folders where the manifest names one, else from the network."""

    def __init__(self, stand_ins: Mapping[str, Path]) -> None:
        """``stand_ins``: address prefix -> folder."""
        self._stand_ins = {_lower_host(prefix.rstrip("/")): folder for prefix, folder in stand_ins.items()}

    def folder(self, url: str) -> Path | None:
        """The place of the file or folder that stands in for an address, or None where nothing does.

        Raises ``LakePathError`` when the address would leave the folder.
        """
        url = _lower_host(url)
        for prefix, folder in sorted(self._stand_ins.items(), key=lambda item: -len(item[0])):
            if url == prefix or url.startswith((prefix + "/", prefix + "?")):
                path = unquote(urlsplit(url).path[len(urlsplit(prefix).path) :]).lstrip("/")
                if "\0" in path or "\\" in path:
                    return folder / "no-such-name"
                place = (folder / path).resolve()
                if place != folder.resolve() and folder.resolve() not in place.parents:
                    raise LakePathError(f"{url!r} would leave the folder that stands in for {prefix}")
                return place
        return None

    def request(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = 100.0,
    ) -> Response:
        """Send one request. ``timeout`` in seconds. Never raises for a status; raises ``OSError`` when no answer comes."""
        place = self.folder(url)
        if place is not None:
            return _from_folder(place, method, headers or {})
        if urlsplit(url).scheme not in ("http", "https"):
            raise LakePathError(f"{url!r} is not an http or https address")
        request = urllib.request.Request(url, data=body, headers=dict(headers or {}), method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310 - scheme checked above
                return Response(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read())
        except urllib.error.HTTPError as error:
            return Response(error.code, {k.lower(): v for k, v in error.headers.items()}, error.read())

    def download(
        self,
        url: str,
        file: Path,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = 100.0,
    ) -> tuple[Response, Path | None]:
        """Like ``request``, with the body of a success in a file: the stand-in itself, or ``file``, written block by block.

        The file is None when the status is 400 or above; then the response has its body.
        """
        place = self.folder(url)
        if place is not None:
            answer = _from_folder(place, "HEAD" if method == "GET" else method, {})
            return answer, (place if place.is_file() else place / "index.json") if answer.status == _OK else None
        if urlsplit(url).scheme not in ("http", "https"):
            raise LakePathError(f"{url!r} is not an http or https address")
        request = urllib.request.Request(url, data=body, headers=dict(headers or {}), method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer, file.open("wb") as out:  # noqa: S310 - as above
                shutil.copyfileobj(answer, out, 1 << 20)
                return Response(answer.status, {k.lower(): v for k, v in answer.headers.items()}), file
        except urllib.error.HTTPError as error:
            return Response(error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()), None


_OK = 200


def _lower_host(url: str) -> str:
    """Scheme and host have no case."""
    parts = urlsplit(url)
    return (
        url
        if not parts.netloc
        else f"{parts.scheme}://{parts.netloc.lower()}{url[url.index('//') + 2 + len(parts.netloc) :]}"
    )


def _from_folder(place: Path, method: str, asked: Mapping[str, str]) -> Response:
    if method not in ("GET", "HEAD"):
        return Response(405, {"allow": "GET, HEAD"}, b"Method Not Allowed")
    if place.is_dir():
        place = place / "index.json"
    if not place.is_file():
        return Response(404, {"content-type": "text/plain"}, b"404: Not Found")
    data = place.read_bytes()
    headers = {
        "content-type": mimetypes.guess_type(place.name)[0] or "application/octet-stream",
        "content-length": str(len(data)),
        "etag": f'"{hashlib.sha256(data).hexdigest()[:32]}"',
    }
    if any(name.lower() == "if-none-match" and value == headers["etag"] for name, value in asked.items()):
        return Response(304, {"etag": headers["etag"]})
    return Response(200, headers, data if method == "GET" else b"")
