"""CSV text as Arrow strings: fields are quoted and joined column-wise, a column of lines is written as its bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from houseboat.samples.dice import Ints, Mask

Text = Any  # pa.StringArray: pyarrow's stubs type the results of compute functions too loosely to be of use
BOM = b"\xef\xbb\xbf"
END = "\r\n"


def pick(words: Sequence[str], index: Ints) -> Text:
    """The word at each index."""
    return pa.array(words, pa.string()).take(index)


def joined(*parts: Text | str) -> Text:
    """Parts one after the other, without a separator."""
    return pc.binary_join_element_wise(*parts, "")


def choose(condition: Mask, yes: Text | str, no: Text | str) -> Text:
    """``yes`` where the condition holds, else ``no``."""
    return pc.if_else(pa.array(condition), yes, no)


def numbers(values: Ints, absent: Mask | None = None) -> Text:
    """Whole numbers as text; empty where absent."""
    text = pc.cast(pa.array(values), pa.string())
    return text if absent is None else choose(absent, "", text)


def quoted(values: Text) -> Text:
    """Values as CSV fields: in quotes where they hold a quote or a comma, as RFC 4180 has it."""
    inside = pc.replace_substring(values, '"', '""')
    needs = pc.or_(pc.match_substring(values, '"'), pc.match_substring(values, ","))
    return pc.if_else(needs, joined('"', inside, '"'), values)


def record(fields: Sequence[Text | str]) -> Text:
    """Fields (already quoted) as whole lines, line end included."""
    return joined(pc.binary_join_element_wise(*fields, ","), END)


def replaced(lines: Text, where: Mask, others: Text) -> Text:
    """Lines with those at ``where`` replaced, in order, by ``others``."""
    return pc.replace_with_mask(lines, pa.array(where), others)


def data(lines: Text) -> memoryview:
    """The bytes of all values of a string array, one after the other."""
    if len(lines) == 0:
        return memoryview(b"")
    offsets = np.frombuffer(lines.buffers()[1], dtype=np.int32)
    first, last = int(offsets[lines.offset]), int(offsets[lines.offset + len(lines)])
    return memoryview(lines.buffers()[2])[first:last]


def write(path: Path, columns: Sequence[str], chunks: Iterable[Text], bom: bool) -> None:
    """Write one CSV file from chunks of lines; it appears under its name only when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    with unfinished.open("wb", buffering=1 << 20) as out:
        out.write((BOM if bom else b"") + (",".join(columns) + END).encode())
        for lines in chunks:
            out.write(data(lines))
    unfinished.replace(path)
