"""Makes plain UTF-8 copies of files that are compressed or written in another encoding."""

from __future__ import annotations

import codecs
import hashlib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from houseboat.autoloader.reader.job import InputFile

_COMPRESSED = {".gz": "gzip", ".gzip": "gzip", ".bz2": "bz2", ".zst": "zstd", ".lz4": "lz4"}
_CHUNK = 1 << 22


def plain_files(files: Sequence[InputFile], encoding: str, scratch: Path, *, repair: bool = False) -> list[InputFile]:
    """The same files, each replaced by a plain copy below ``scratch`` where it needs one.

    ``repair``: write all of them anew, with U+FFFD for bytes that are no text in ``encoding``, as Spark reads them.
    """
    return [_plain(file, encoding, scratch, repair=repair) for file in files]


def _plain(file: InputFile, encoding: str, scratch: Path, *, repair: bool) -> InputFile:
    suffix = Path(file.path).suffix.lower()
    codec = _COMPRESSED.get(suffix)
    same_text = encoding in ("utf-8", "ascii", "utf-8-sig") and not repair
    if same_text and codec is None:
        return file
    scratch.mkdir(parents=True, exist_ok=True)
    place = scratch / (hashlib.blake2b(file.path.encode(), digest_size=12).hexdigest() + ".txt")
    draft = place.with_suffix(".tmp")
    _copy(file.path, codec, None if same_text else encoding, draft)
    os.replace(draft, place)
    return replace(file, path=str(place))


def _copy(path: str, codec: str | None, encoding: str | None, target: Path) -> None:
    import pyarrow as pa

    decoder = codecs.getincrementaldecoder(encoding)(errors="replace") if encoding else None
    with pa.input_stream(path, compression=codec) as source, target.open("wb") as out:
        while True:
            data = source.read(_CHUNK)
            done = not data
            if decoder:
                data = decoder.decode(data, final=done).encode()
            out.write(data)
            if done:
                return
