"""Reading configurations from texts and files."""

from pathlib import Path

from .config import Config
from .parser import parse


def loads(text, source="<text>"):
    """The configuration of a text; ``source`` is its name in errors."""
    return Config(parse(text, source))


def load(path):
    """The configuration of a file in UTF-8."""
    path = Path(path)
    return loads(path.read_text(encoding="utf-8"), source=str(path))
