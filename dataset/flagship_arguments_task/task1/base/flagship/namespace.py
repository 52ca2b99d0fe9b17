"""The result of parsing."""


class Namespace:
    """The parsed values, as attributes and by ``in`` and ``as_dict``."""

    def __init__(self, values):
        self.__dict__.update(values)

    def __contains__(self, name):
        return name in self.__dict__

    def __eq__(self, other):
        return isinstance(other, Namespace) and self.__dict__ == other.__dict__

    def __repr__(self):
        inner = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"Namespace({inner})"

    def as_dict(self):
        """The values as a new dictionary."""
        return dict(self.__dict__)
