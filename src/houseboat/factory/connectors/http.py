"""HttpServer: files at web addresses, read only."""

from __future__ import annotations

import base64
import http
import uuid
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from houseboat.errors import Unsupported
from houseboat.factory import timespan
from houseboat.factory.connectors.store import Entry, SourceFile, Target
from houseboat.factory.errors import ActivityError

if TYPE_CHECKING:
    from houseboat.factory.connectors.dataset import Dataset
    from houseboat.lake import WebSources
    from houseboat.runs import Json

_USUAL_TIMEOUT = 100.0


class HttpStore:
    """What a web server gives."""

    def __init__(self, web: WebSources) -> None:
        self._web = web

    def address(self, dataset: Dataset) -> str:
        """Base address of the linked service and relative address of the dataset, joined with one slash."""
        return join(str(dataset.linked.settings.get("url") or ""), str(dataset.location.get("relativeUrl") or ""))

    def entry(self, dataset: Dataset) -> Entry | None:
        """Not possible over HTTP, here as in Data Factory."""
        raise _reading_only(dataset)

    def children(self, dataset: Dataset) -> list[Entry]:
        """Not possible over HTTP."""
        raise _reading_only(dataset)

    def target(self, dataset: Dataset) -> Target:
        """Not possible over HTTP."""
        raise _reading_only(dataset)

    def select(self, dataset: Dataset, settings: Mapping[str, Json]) -> list[SourceFile]:
        """The one file at the address; it is requested when it is fetched."""
        url = self.address(dataset)
        name = PurePosixPath(unquote(urlsplit(url).path)).name or "data"
        return [SourceFile(name, url, lambda folder: self._fetched(url, dataset, settings, folder), _nothing)]

    def _fetched(self, url: str, dataset: Dataset, settings: Mapping[str, Json], folder: Path) -> Path:
        body = settings.get("requestBody")
        try:
            answer, file = self._web.download(
                url,
                folder / uuid.uuid4().hex,
                method=str(settings.get("requestMethod") or "GET").upper(),
                headers={**_headers(settings.get("additionalHeaders")), **_authorization(dataset)},
                body=None if body is None else str(body).encode(),
                timeout=timespan.seconds(settings.get("requestTimeout") or "") or _USUAL_TIMEOUT,
            )
        except OSError as error:
            raise ActivityError(
                f"ErrorCode=UserErrorFailedToConnectEndpoint,Message=Failed to connect to {url}: {error}",
                code="2200",
                failure_type="SystemError",
                hint="is the network there? the manifest's [web] can name a folder that stands in for the address",
            ) from error
        if file is None:
            payload = answer.body[:500].decode(errors="replace")
            raise ActivityError(
                f"ErrorCode=UserErrorHttpStatusCodeIndicatingFailure,Message=The HttpStatusCode {answer.status} "
                f"({_phrase(answer.status)}) indicates failure. Request URL: {url} Response payload: {payload}",
                code="2200",
                hint=self._look_at(url),
            )
        return file

    def _look_at(self, url: str) -> str:
        place = self._web.folder(url)
        if place is None:
            return "are the linked service's url and the dataset's relativeUrl right?"
        return f"the manifest's [web] lets a folder stand in for this address: put the file at {place}"


def join(base: str, relative: str) -> str:
    """Two parts of an address, with or without slashes between them; an absolute second part stands alone."""
    if urlsplit(relative).scheme in ("http", "https"):
        return relative
    if not relative:
        return base
    if relative.startswith("?"):
        return base + relative
    return f"{base.rstrip('/')}/{relative.lstrip('/')}"


def _headers(text: Json) -> dict[str, str]:
    """``additionalHeaders``: an object, or lines of ``name: value``."""
    if isinstance(text, Mapping):
        return {str(key): str(value) for key, value in text.items()}
    lines = [line.partition(":") for line in str(text or "").splitlines() if ":" in line]
    return {name.strip(): value.strip() for name, _, value in lines}


def _authorization(dataset: Dataset) -> dict[str, str]:
    settings = dataset.linked.settings
    kind = str(settings.get("authenticationType") or "Anonymous")
    if kind == "Anonymous":
        return {}
    if kind != "Basic":
        raise Unsupported(
            f"linked service '{dataset.linked.name}' authenticates by {kind}",
            place=dataset.linked.place,
            hint="Anonymous and Basic are known here; or let the manifest's [web] stand in for the address",
        )
    password = settings.get("password")
    secret = password.get("value") if isinstance(password, Mapping) else password
    token = base64.b64encode(f"{settings.get('userName')}:{secret or ''}".encode()).decode()
    return {"Authorization": f"Basic {token}"}


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "unknown"


def _reading_only(dataset: Dataset) -> Unsupported:
    return Unsupported(
        f"dataset '{dataset.name}' is at a web address, which can only be read by Copy and Lookup",
        place=dataset.place,
    )


def _nothing() -> None:
    """Nothing can be removed from a web server."""
