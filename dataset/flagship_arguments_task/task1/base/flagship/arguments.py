"""What a program can define: options, flags and positionals."""

import re
from dataclasses import dataclass
from typing import Any, Callable, Tuple

from .errors import BadValueError, DefinitionError

_LONG = re.compile(r"^--[A-Za-z][A-Za-z0-9-]+$")
_SHORT = re.compile(r"^-[A-Za-z]$")


@dataclass(frozen=True)
class Option:
    """An option with a value, or a flag."""

    names: Tuple[str, ...]
    dest: str
    type: Callable[[str], Any] = str
    default: Any = None
    required: bool = False
    help: str = ""
    is_flag: bool = False

    @property
    def label(self):
        """The first long name, else the first name."""
        return next((name for name in self.names if name.startswith("--")), self.names[0])


@dataclass(frozen=True)
class Positional:
    """An argument that is known by its place."""

    dest: str
    type: Callable[[str], Any] = str
    default: Any = None
    required: bool = True
    help: str = ""

    @property
    def label(self):
        return self.dest


def check_names(names):
    """Check the names of an option and return its destination."""
    if not names:
        raise DefinitionError("an option needs a name")
    for name in names:
        if not _LONG.match(name) and not _SHORT.match(name):
            raise DefinitionError(f"{name!r} is no option name")
    first = next((name for name in names if name.startswith("--")), names[0])
    return first.lstrip("-").replace("-", "_")


def convert(argument, text):
    """The value of a text for an argument."""
    try:
        return argument.type(text)
    except (TypeError, ValueError) as error:
        expected = f"a valid {getattr(argument.type, '__name__', 'value')}"
        raise BadValueError(argument.label, text, expected) from error
