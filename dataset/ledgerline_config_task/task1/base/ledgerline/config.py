"""Access to the values."""

from .errors import MissingKeyError, WrongTypeError

_UNSET = object()


class Config:
    """Values by dotted keys. A configuration never changes."""

    def __init__(self, entries):
        self._entries = dict(entries)

    def __contains__(self, key):
        return key in self._entries

    def __eq__(self, other):
        return isinstance(other, Config) and self._entries == other._entries

    def __repr__(self):
        return f"Config({self._entries!r})"

    def _lookup(self, key, default):
        """The value of a key, or the default; says whether the key is there."""
        if key in self._entries:
            return self._entries[key], True
        if default is _UNSET:
            raise MissingKeyError(key)
        return default, False

    def _typed(self, key, default, types, expected):
        value, found = self._lookup(key, default)
        # A bool is an int in Python, but not in a configuration.
        wrong = not isinstance(value, types) or (isinstance(value, bool) and bool not in types)
        if found and wrong:
            raise WrongTypeError(key, value, expected)
        return value

    def get(self, key, default=_UNSET):
        """The value of a key, whatever its type."""
        return self._lookup(key, default)[0]

    def get_str(self, key, default=_UNSET):
        """A text."""
        return self._typed(key, default, (str,), "a text")

    def get_int(self, key, default=_UNSET):
        """An integer."""
        return self._typed(key, default, (int,), "an integer")

    def get_float(self, key, default=_UNSET):
        """A number; integers are converted."""
        value = self._typed(key, default, (int, float), "a number")
        return float(value) if isinstance(value, int) and key in self else value

    def get_bool(self, key, default=_UNSET):
        """True or false."""
        return self._typed(key, default, (bool,), "true or false")

    def get_list(self, key, default=_UNSET):
        """A list, as a copy."""
        value = self._typed(key, default, (list,), "a list")
        return list(value) if isinstance(value, list) else value

    def keys(self, prefix=""):
        """The keys below a section (all without one), in the order of the file."""
        start = f"{prefix}." if prefix else ""
        return [key for key in self._entries if key.startswith(start)]

    def section(self, name):
        """The part below a section as a configuration of its own."""
        cut = len(name) + 1
        return Config({key[cut:]: self._entries[key] for key in self.keys(name)})

    def as_dict(self):
        """The values as nested dictionaries."""
        result = {}
        for key, value in self._entries.items():
            *parents, last = key.split(".")
            target = result
            for parent in parents:
                target = target.setdefault(parent, {})
            target[last] = value
        return result
