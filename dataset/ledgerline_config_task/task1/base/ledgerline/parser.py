"""The syntax of configuration files."""

import re

from .errors import ParseError
from .values import parse_value, strip_comment

_SECTION = re.compile(r"^\[\s*([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)\s*\]$")
_ENTRY = re.compile(r"^([A-Za-z0-9_-]+)\s*=\s*(.*)$")


def parse(text, source="<text>"):
    """Parse a text into a dictionary of dotted keys and values."""
    entries = {}
    sections = set()
    prefix = ""
    for number, line in enumerate(text.splitlines(), start=1):
        line = strip_comment(line).strip()
        if not line:
            continue
        section = _SECTION.match(line)
        if section:
            if section.group(1) in sections:
                raise ParseError(f"section [{section.group(1)}] appears twice", number, source)
            sections.add(section.group(1))
            prefix = section.group(1) + "."
            continue
        entry = _ENTRY.match(line)
        if entry is None:
            raise ParseError(f"{line!r} is neither a section nor an entry", number, source)
        key = prefix + entry.group(1)
        if key in entries:
            raise ParseError(f"{key} is set twice", number, source)
        try:
            value = parse_value(entry.group(2))
        except ValueError as error:
            raise ParseError(f"{key}: {error}", number, source) from error
        entries[key] = value
    return entries
