"""The values of a configuration."""

import re

_INT = re.compile(r"^[+-]?\d+(_\d+)*$")
_FLOAT = re.compile(r"^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$")
_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


def strip_comment(line):
    """The line without its comment; quotes protect ``#`` and ``;``."""
    quote = None
    skip = False
    for index, character in enumerate(line):
        if skip:
            skip = False
        elif quote == '"' and character == "\\":
            skip = True
        elif quote is not None:
            quote = None if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "#;" and (index == 0 or line[index - 1].isspace()):
            return line[:index]
    return line


def _unquote(text):
    quote = text[0]
    if len(text) < 2 or text[-1] != quote:
        raise ValueError("a quote is never closed")
    inner = text[1:-1]
    if quote == "'":
        if "'" in inner:
            raise ValueError("unexpected text after a quote")
        return inner
    result = []
    characters = iter(inner)
    for character in characters:
        if character == '"':
            raise ValueError("unexpected text after a quote")
        if character == "\\":
            escape = next(characters, "")
            if escape not in _ESCAPES:
                raise ValueError(f"unknown escape \\{escape}")
            character = _ESCAPES[escape]
        result.append(character)
    return "".join(result)


def split_items(text):
    """Cut the inside of a list at its commas; quotes and brackets protect them."""
    items = [""]
    quote = None
    depth = 0
    skip = False
    for character in text:
        if skip:
            skip = False
        elif quote == '"' and character == "\\":
            skip = True
        elif quote is not None:
            quote = None if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "[]":
            depth += 1 if character == "[" else -1
        elif character == "," and depth == 0:
            items.append("")
            continue
        items[-1] += character
    if items[-1].strip() == "":
        items.pop()
    return [item.strip() for item in items]


def parse_value(text):
    """The value of a text; raises ``ValueError`` with the reason."""
    if text.startswith(('"', "'")):
        return _unquote(text)
    if text.startswith("["):
        if not text.endswith("]"):
            raise ValueError("a list is never closed")
        items = split_items(text[1:-1])
        if "" in items:
            raise ValueError("a list has an empty item")
        return [parse_value(item) for item in items]
    if _INT.match(text):
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    return _WORDS.get(text.lower(), text)
