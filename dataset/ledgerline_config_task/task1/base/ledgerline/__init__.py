"""A configuration reader: sections, typed access, errors with line numbers."""

from .config import Config
from .errors import (
    ConfigError,
    MissingKeyError,
    ParseError,
    WrongTypeError,
)
from .loader import load, loads

__all__ = [
    "Config",
    "ConfigError",
    "MissingKeyError",
    "ParseError",
    "WrongTypeError",
    "load",
    "loads",
]
