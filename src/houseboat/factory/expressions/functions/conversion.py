"""Conversions between types, base64, data URIs and URI components."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

from houseboat.factory.expressions.functions.function import ANY, BYTES, TEXT, Function, Kind, row
from houseboat.factory.expressions.functions.lenient_json import parse_json
from houseboat.factory.expressions.functions.xml import is_xml, xml_to_json
from houseboat.factory.expressions.scope import Refused
from houseboat.factory.expressions.values import (
    CONTENT_TYPE,
    binary,
    binary_bytes,
    is_binary,
    is_number,
    to_json,
    to_text,
    type_name,
)

if TYPE_CHECKING:
    from houseboat.runs import Json

_INTEGER = re.compile(r"\s*([+-]?)([\d,]+)(?:\.0*)?(?:[eE]\+?(\d{1,2}))?\s*\Z")
_FLOAT = re.compile(r"\s*[+-]?(?:[\d,]+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*\Z")
_DATA_URI = re.compile(r"data:(?P<type>[^,]*?)(?P<base64>;base64)?,(?P<data>.*)\Z", re.DOTALL | re.IGNORECASE)
_ENCODABLE = Kind("a string, an array or an object", lambda value: isinstance(value, (str, list, Mapping)))
_JSON_SOURCE = Kind("a string or XML content", lambda value: isinstance(value, str) or is_xml(value))
_INTEGERS = range(-(2**63), 2**63)


def _cannot(name: str, value: Json) -> Refused:
    shown = f"the value '{value}'" if isinstance(value, str) else f"a value of type '{type_name(value)}'"
    return Refused(f"the function '{name}' cannot convert {shown}")


def _int(value: Json) -> int:
    if isinstance(value, (bool, int)):
        return int(value)
    match = _INTEGER.match(value) if isinstance(value, str) else None
    if match is None or not match[2].strip(","):
        raise _cannot("int", value)
    number: int = int(match[1] + match[2].replace(",", "")) * 10 ** int(match[3] or 0)
    if number not in _INTEGERS:
        raise _cannot("int", value)
    return number


def _float(value: Json) -> float:
    if is_number(value) or isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        if value.strip().lower() in ("nan", "infinity", "-infinity"):
            return float(value)
        if _FLOAT.match(value):
            return float(value.replace(",", ""))
    raise _cannot("float", value)


def _bool(value: Json) -> bool:
    if isinstance(value, bool) or is_number(value):
        return bool(value)
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    raise _cannot("bool", value)


def _json(value: Json) -> Json:
    return parse_json(value) if isinstance(value, str) else xml_to_json(binary_bytes(value))


def _encoded(value: Json) -> bytes:
    if is_binary(value):
        return binary_bytes(value)
    return (value if isinstance(value, str) else to_json(value)).encode("utf-8", "surrogatepass")


def _decoded(name: str, value: str) -> bytes:
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except binascii.Error:
        raise Refused(f"the value given to '{name}' is not valid base64") from None


def _base64_to_string(value: Json) -> str:
    data = binary_bytes(value) if is_binary(value) else _decoded("base64ToString", value)
    return data.decode(errors="replace")


def _data_uri(value: Json) -> str:
    if is_binary(value):
        content_type = value[CONTENT_TYPE]
    else:
        content_type = f"{'text/plain' if isinstance(value, str) else 'application/json'};charset=utf-8"
    return f"data:{content_type};base64,{base64.b64encode(_encoded(value)).decode()}"


def _read_data_uri(name: str, value: str) -> tuple[bytes, str]:
    match = _DATA_URI.match(value)
    if match is None:
        raise Refused(f"the value given to '{name}' is not a data URI")
    data = _decoded(name, match["data"]) if match["base64"] else unquote_to_bytes(match["data"])
    return data, match["type"] or "text/plain;charset=US-ASCII"


def _from_component(value: str) -> str:
    return unquote_to_bytes(value.replace("+", " ")).decode(errors="replace")


def _to_component(value: Json) -> str:
    return quote(to_text(value), safe="-_.~")


FUNCTIONS: dict[str, Function] = {
    "string": row(to_text, ANY),
    "int": row(_int, ANY),
    "float": row(_float, ANY),
    "bool": row(_bool, ANY),
    "json": row(_json, _JSON_SOURCE),
    "base64": row(lambda value: base64.b64encode(_encoded(value)).decode(), _ENCODABLE),
    "base64ToString": row(_base64_to_string, BYTES),
    "decodeBase64": row(_base64_to_string, BYTES),
    "base64ToBinary": row(lambda value: binary(_decoded("base64ToBinary", value)), TEXT),
    "binary": row(lambda value: binary(_encoded(value)), _ENCODABLE),
    "dataUri": row(_data_uri, _ENCODABLE),
    "dataUriToString": row(lambda value: _read_data_uri("dataUriToString", value)[0].decode(errors="replace"), TEXT),
    "decodeDataUri": row(lambda value: _read_data_uri("decodeDataUri", value)[0].decode(errors="replace"), TEXT),
    "dataUriToBinary": row(lambda value: binary(*_read_data_uri("dataUriToBinary", value)), TEXT),
    "uriComponent": row(_to_component, ANY),
    "encodeUriComponent": row(_to_component, ANY),
    "uriComponentToString": row(_from_component, TEXT),
    "decodeUriComponent": row(_from_component, TEXT),
    "uriComponentToBinary": row(lambda value: binary(_from_component(value).encode()), TEXT),
}
