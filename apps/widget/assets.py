"""The widget's own files as they travel: what a chat needs at once in one module, what it may need
later in others with their sentences, all without comments and white space, packed once, at addresses
that change whenever a file does.

Small modules that are packed one by one take a fifth more bytes than one, and a browser asks an
HTTP/1.1 server for six at a time.
"""

import gzip
import re
from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256, sha384
from pathlib import Path
from typing import Final

import orjson
from django.contrib.staticfiles import finders
from rcssmin import cssmin
from rjsmin import jsmin

from apps.widget import strings

FOLDER: Final = "widget"
LOADER: Final = "loader.js"
SCRIPT: Final = "app.js"
STYLES: Final = "app.css"
# What comes with the modules that are fetched when they are needed: `strings.MODULES`.
MORE_STYLES: Final = "more.css"
TYPES: Final = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}

IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+\.js)";\n', re.M)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let) )", re.M)
# What is left of these words at the start of a line was written in a way not known here.
UNKNOWN = re.compile(r"^(?:import|export)\b.*", re.M)


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    packed: bytes
    content_type: str
    digest: str

    @property
    def etag(self) -> str:
        return f'"{self.digest}"'

    @property
    def integrity(self) -> str:
        """For the `integrity` attribute of a page that pins it."""
        return "sha384-" + b64encode(sha384(self.body).digest()).decode()


@dataclass(frozen=True, slots=True)
class Release:
    """The frame's files; `digest` stands in their addresses, so old and new never mix."""

    digest: str
    files: dict[str, Asset]


@lru_cache(maxsize=1)
def loader() -> Asset:
    return _asset(LOADER, jsmin(_text(LOADER)))


@lru_cache(maxsize=1)
def release() -> Release:
    files = {
        # The last semicolon of a block is needed by an empty statement only: there is none.
        SCRIPT: _asset(SCRIPT, jsmin(bundle(_source(SCRIPT))).replace(";}", "}")),
        **{name: _asset(name, cssmin(_text(name))) for name in (STYLES, MORE_STYLES)},
        **{f"{name}.js": _asset(f"{name}.js", _module(name)) for name in strings.MODULES},
    }
    bodies = b"".join(asset.body for asset in files.values())
    return Release(sha256(bodies).hexdigest()[:12], files)


def _module(name: str) -> str:
    """One that is fetched by itself brings its sentences along, in all languages."""
    script, words = jsmin(_text(f"{name}.js")), strings.module_strings(name)
    return f"{script}\nconst words={orjson.dumps(words).decode()};"


def bundle(entry: Path) -> str:
    """One module from `entry` and all that it imports, each after what it needs itself.

    Top-level names are shared: one that two modules use is a SyntaxError in every browser.
    Raises ValueError on imports and exports other than `import { a } from "./b.js";` and
    `export` before a declaration.
    """
    parts: dict[Path, str] = {}
    _collect(entry, parts, set())
    return "".join(parts.values())


def _collect(path: Path, parts: dict[Path, str], entered: set[Path]) -> None:
    if path in entered:
        return
    entered.add(path)
    text = path.read_text(encoding="utf-8")
    for name in IMPORT.findall(text):
        _collect(path.parent / name, parts, entered)
    text = EXPORT.sub("", IMPORT.sub("", text))
    if found := UNKNOWN.search(text):
        raise ValueError(f"{path.name}: {found[0]}")
    parts[path] = text


def _asset(name: str, text: str) -> Asset:
    body = text.encode()
    digest = sha256(body).hexdigest()[:16]
    return Asset(body, gzip.compress(body, 9, mtime=0), TYPES[Path(name).suffix], digest)


def _text(name: str) -> str:
    return _source(name).read_text(encoding="utf-8")


def _source(name: str) -> Path:
    found = finders.find(f"{FOLDER}/{name}")
    if not isinstance(found, str):
        raise FileNotFoundError(name)
    return Path(found)
