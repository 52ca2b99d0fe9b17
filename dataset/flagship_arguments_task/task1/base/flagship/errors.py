"""Everything Flagship raises."""


class FlagshipError(Exception):
    """Base class; ``code`` is a stable, upper-case identifier."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class DefinitionError(FlagshipError):
    """The program defines its arguments wrongly."""

    def __init__(self, message):
        super().__init__("BAD_DEFINITION", message)


class UsageError(FlagshipError):
    """The command line is wrong."""


class UnknownOptionError(UsageError):
    """There is no option of this name."""

    def __init__(self, option):
        super().__init__("UNKNOWN_OPTION", f"unknown option {option}")
        self.option = option


class MissingValueError(UsageError):
    """An option came without its value."""

    def __init__(self, option):
        super().__init__("MISSING_VALUE", f"{option} needs a value")
        self.option = option


class BadValueError(UsageError):
    """A value cannot be used; ``label`` names the argument."""

    def __init__(self, label, text, expected):
        super().__init__("BAD_VALUE", f"{label}: {text!r} is not {expected}")
        self.label = label
        self.text = text


class MissingArgumentError(UsageError):
    """A required argument is missing."""

    def __init__(self, label):
        super().__init__("MISSING_ARGUMENT", f"{label} is required")
        self.label = label


class UnexpectedArgumentError(UsageError):
    """There are more positional arguments than the program takes."""

    def __init__(self, text):
        super().__init__("UNEXPECTED_ARGUMENT", f"unexpected argument {text!r}")
        self.text = text
