"""``xml``, ``xpath`` and the conversion of XML into JSON, by lxml.

XML travels as binary content of type ``application/xml``. JSON and XML are converted by Newtonsoft's convention:
``@name`` is an attribute, ``#text`` the text beside elements, a repeated element an array, ``?xml`` the declaration.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from houseboat.factory.expressions.functions.function import TEXT, Function, Kind, row
from houseboat.factory.expressions.scope import Refused
from houseboat.factory.expressions.values import CONTENT_TYPE, binary, binary_bytes, is_binary, to_text

if TYPE_CHECKING:
    from lxml.etree import _Element

    from houseboat.runs import Json

_TYPE = "application/xml;charset=utf-8"
_DECLARATION = re.compile(r"\s*(<\?xml\s[^>]*\?>)")
_VERBATIM = re.compile(r"(<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>)", re.DOTALL)
_NAMESPACED = re.compile(r"\{(?P<uri>[^}]*)\}(?P<name>.*)")
_XPATH_TOKEN = re.compile(
    r"""(?P<text>"[^"]*"|'[^']*')|(?P<step>[A-Za-z_][\w.:-]*(?!\s*\(|[\w.:-]))|[\w.:-]+|.""",
    re.DOTALL,
)


def is_xml(value: Json) -> bool:
    """Whether a value is XML content."""
    return is_binary(value) and "xml" in value[CONTENT_TYPE].lower()


def _parse(text: str | bytes) -> _Element:
    from lxml import etree

    parser = etree.XMLParser(remove_blank_text=True, resolve_entities=False, no_network=True)
    try:
        return etree.fromstring(text.encode() if isinstance(text, str) else text, parser)
    except etree.XMLSyntaxError as error:
        raise Refused(f"the value is not valid XML: {error.msg}") from None


def _written(element: _Element) -> str:
    """An element as .NET writes it: ``<a />`` with a blank."""
    from lxml import etree

    text = etree.tostring(element, encoding="unicode", with_tail=False)
    parts = _VERBATIM.split(text)
    return "".join(part if _VERBATIM.fullmatch(part) else part.replace("/>", " />") for part in parts)


def _xml(value: Json) -> Json:
    if is_binary(value):
        value = binary_bytes(value).decode()
    if isinstance(value, str):
        declaration = _DECLARATION.match(value)
        text = value[declaration.end() :] if declaration else value
        return binary(((declaration[1] if declaration else "") + _written(_parse(text.strip()))).encode(), _TYPE)
    names = [name for name in value if name != "?xml"]
    if len(names) != 1 or isinstance(value[names[0]], list):
        raise Refused("the function 'xml' expects an object with exactly one root property")
    head = ""
    if isinstance(value.get("?xml"), Mapping):
        pairs = " ".join(f'{key.lstrip("@")}="{to_text(item)}"' for key, item in value["?xml"].items())
        head = f"<?xml {pairs}?>"
    return binary((head + _written(_element(names[0], value[names[0]]))).encode(), _TYPE)


def _element(name: str, value: Json) -> _Element:
    from lxml import etree

    try:
        element = etree.Element(name)
    except ValueError:
        raise Refused(f"'{name}' is not a name of an XML element") from None
    if not isinstance(value, Mapping):
        element.text = None if value is None else _scalar(value)
        return element
    for key, item in value.items():
        if key.startswith("@"):
            element.set(key[1:], _scalar(item))
        elif key == "#text":
            element.text = _scalar(item)
        else:
            for one in item if isinstance(item, list) else [item]:
                element.append(_element(key, one))
    return element


def _scalar(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else to_text(value)


def xml_to_json(data: bytes) -> Json:
    """An XML document as the object that Newtonsoft makes of it."""
    text = data.decode()
    declaration = _DECLARATION.match(text)
    root = _parse(text[declaration.end() :].strip() if declaration else text)
    found: dict[str, Json] = {}
    if declaration:
        pairs = re.findall(r"""([\w]+)\s*=\s*["']([^"']*)["']""", declaration[1])
        found["?xml"] = {f"@{key}": value for key, value in pairs}
    found[_name(root)] = _content(root, {})
    return found


def _name(element: _Element, tag: str | None = None) -> str:
    full = tag or str(element.tag)
    match = _NAMESPACED.match(full)
    if match is None:
        return full
    prefixes = {uri: prefix for prefix, uri in element.nsmap.items() if prefix}
    is_default = element.nsmap.get(None) == match["uri"] and tag is None
    prefix = None if is_default else prefixes.get(match["uri"])
    return f"{prefix}:{match['name']}" if prefix else match["name"]


def _content(element: _Element, outer: Mapping[str | None, str]) -> Json:
    found: dict[str, Json] = {}
    for prefix, uri in element.nsmap.items():
        if outer.get(prefix) != uri:
            found[f"@xmlns:{prefix}" if prefix else "@xmlns"] = uri
    found.update({f"@{_name(element, str(key))}": str(value) for key, value in element.attrib.items()})
    texts = [element.text or "", *(child.tail or "" for child in element)]
    children = [child for child in element if isinstance(child.tag, str)]
    for child in children:
        name, value = _name(child), _content(child, element.nsmap)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    text = "".join(texts)
    if not found:
        return text or None
    if text.strip():
        found["#text"] = text
    return found


def _xpath(value: Json, query: str) -> Json:
    from lxml import etree

    root = _parse(_DECLARATION.sub("", binary_bytes(value).decode(), count=1))
    try:
        result: Any = etree.ElementTree(root).xpath(_from_document(query))
    except etree.XPathError as error:
        raise Refused(f"'{query}' is not a valid XPath expression: {error}") from None
    if isinstance(result, list):
        return [_node(item) for item in result]
    return str(result) if isinstance(result, str) else result


def _from_document(query: str) -> str:
    """The query with its relative paths made absolute: the context is the document, where lxml takes the root."""
    depth = 0
    out: list[str] = []
    for token in _XPATH_TOKEN.finditer(query):
        text = token[0]
        depth += {"[": 1, "]": -1}.get(text, 0)
        before = "".join(out).rstrip()
        starts_path = token["step"] and depth == 0 and (not before or before[-1] in "(,|=<>+")
        out.append(f"/{text}" if starts_path else text)
    return "".join(out)


def _node(item: Any) -> Json:
    if getattr(item, "is_attribute", False):
        return f'{item.attrname}="{item}"'
    return str(item) if isinstance(item, str) else binary(_written(item).encode(), _TYPE)


_XML_SOURCE = Kind("a string or an object", lambda value: isinstance(value, (str, Mapping)))
_XML = Kind("XML content", is_xml)

FUNCTIONS: dict[str, Function] = {
    "xml": row(_xml, _XML_SOURCE),
    "xpath": row(_xpath, _XML, TEXT),
}
