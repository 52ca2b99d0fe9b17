"""A small command-line parser: options, flags, positionals, help."""

from .errors import (
    BadValueError,
    DefinitionError,
    FlagshipError,
    MissingArgumentError,
    MissingValueError,
    UnexpectedArgumentError,
    UnknownOptionError,
    UsageError,
)
from .namespace import Namespace
from .parser import Parser

__all__ = [
    "BadValueError",
    "DefinitionError",
    "FlagshipError",
    "MissingArgumentError",
    "MissingValueError",
    "Namespace",
    "Parser",
    "UnexpectedArgumentError",
    "UnknownOptionError",
    "UsageError",
]
