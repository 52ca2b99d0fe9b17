"""Everything Ledgerline raises."""


class ConfigError(Exception):
    """Base class; ``code`` is a stable, upper-case identifier."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class ParseError(ConfigError):
    """A file or text cannot be parsed."""

    def __init__(self, message, line, source="<text>"):
        super().__init__("PARSE_ERROR", f"{source}:{line}: {message}")
        self.line = line
        self.source = source


class MissingKeyError(ConfigError):
    """A key without a default is not there."""

    def __init__(self, key):
        super().__init__("MISSING_KEY", f"{key} is not set")
        self.key = key


class WrongTypeError(ConfigError):
    """A value has another type than the one asked for."""

    def __init__(self, key, value, expected):
        super().__init__("WRONG_TYPE", f"{key} is {value!r}, not {expected}")
        self.key = key
        self.value = value
