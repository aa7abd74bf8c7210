"""WebActivity: one HTTP request.

A JSON object as the answer becomes the output itself, an array its ``value``, anything else its ``Response``.
A status of 400 and above is a failure; 202 with a Location is followed until it is done.
"""

from __future__ import annotations

import base64
import http
import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from houseboat.factory.activities.output import tail
from houseboat.factory.errors import ActivityError
from houseboat.factory.expressions.values import to_json, to_text

if TYPE_CHECKING:
    from houseboat.factory.activities.activity import Call
    from houseboat.lake.sources import Response
    from houseboat.runs import Json

OWN: tuple[str, ...] = ()
_USUAL_TIMEOUT = 60.0
_BAD, _ACCEPTED = 400, 202


def run(call: Call) -> Mapping[str, Json]:
    """Send the request and turn the answer into the output."""
    started = time.monotonic()
    answer = _followed(call, _sent(call, str(call.required("url"))))
    if answer.status >= _BAD:
        raise _failed(call, answer)
    return {
        **_content(answer),
        "ADFWebActivityResponseHeaders": {key.title(): value for key, value in answer.headers.items()},
        **tail(time.monotonic() - started, "ExternalActivity"),
    }


def _sent(call: Call, url: str, method: str | None = None) -> Response:
    headers = {str(key): to_text(value) for key, value in (call.settings.get("headers") or {}).items()}
    headers.update(_authorization(call))
    body = call.settings.get("body") if method is None else None
    data = None if body is None else (body if isinstance(body, str) else to_json(body)).encode()
    if data is not None and "content-type" not in {key.lower() for key in headers}:
        headers["Content-Type"] = "application/json"
    try:
        return call.context.services.web.request(
            url,
            method=method or str(call.settings.get("method") or "GET").upper(),
            headers=headers,
            body=data,
            timeout=min(call.seconds("httpRequestTimeout", _USUAL_TIMEOUT), call.timeout or float("inf")),
        )
    except OSError as error:
        raise ActivityError(
            f"Error calling the endpoint '{url}': no answer ({error}).", code="2108", failure_type="SystemError",
            hint="is the address right, and the network there? the manifest's [web] can name a folder that stands in",
        ) from error  # fmt: skip


def _authorization(call: Call) -> dict[str, str]:
    authentication = call.settings.get("authentication") or {}
    kind = str(authentication.get("type") or "")
    if kind == "Basic":
        password = authentication.get("password")
        secret = password.get("value") if isinstance(password, Mapping) else password
        token = base64.b64encode(f"{authentication.get('username')}:{secret}".encode()).decode()
        return {"Authorization": f"Basic {token}"}
    if kind:
        call.progress(f"sent without a token: {kind} exists only in Azure")
    return {}


def _followed(call: Call, answer: Response) -> Response:
    """The final answer of an asynchronous operation."""
    if call.settings.get("turnOffAsync") is True:
        return answer
    while answer.status == _ACCEPTED and "location" in answer.headers:
        wait = answer.headers.get("retry-after", "10")
        call.context.cancellation.sleep(float(wait) if wait.isdigit() else 10.0)
        answer = _sent(call, answer.headers["location"], "GET")
    return answer


def _content(answer: Response) -> dict[str, Json]:
    text = answer.body.decode("utf-8-sig", errors="replace")
    try:
        content = json.loads(text)
    except ValueError:
        return {"Response": text}
    if isinstance(content, dict):
        return content
    return {"value": content} if isinstance(content, list) else {"Response": text}


def _failed(call: Call, answer: Response) -> ActivityError:
    try:
        phrase = http.HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = "unknown"
    payload = answer.body[:500].decode(errors="replace")
    return ActivityError(
        f"Error calling the endpoint '{call.settings['url']}'. Response status code: '{answer.status} - {phrase}'. "
        f"More details: {payload}",
        code="2108",
    )
