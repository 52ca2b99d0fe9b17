"""The parser."""

from . import helptext
from .arguments import Option, Positional, check_names, convert
from .errors import (
    BadValueError,
    DefinitionError,
    MissingArgumentError,
    MissingValueError,
    UnexpectedArgumentError,
    UnknownOptionError,
)
from .namespace import Namespace


class Parser:
    """Defines the arguments of a program and parses its command line."""

    def __init__(
        self,
        prog="program",
        description="",
    ):
        self.prog = prog
        self.description = description
        self.options = []
        self.positionals = []
        self._by_name = {}
        self._dests = set()

    def option(
        self,
        *names,
        type=str,
        default=None,
        required=False,
        help="",
    ):
        """Define an option that takes a value.

        ``type`` turns the text into the value; it raises ``ValueError`` for a
        text it cannot use. The default is not converted.
        """
        return self._add(
            Option(
                names=names,
                dest=check_names(names),
                type=type,
                default=default,
                required=required,
                help=help,
            )
        )

    def flag(self, *names, help=""):
        """Define an option without a value: true when it is given, else false."""
        return self._add(
            Option(
                names=names,
                dest=check_names(names),
                default=False,
                help=help,
                is_flag=True,
            )
        )

    def positional(
        self,
        name,
        type=str,
        default=None,
        required=True,
        help="",
    ):
        """Define an argument by its place. Optional ones come last."""
        if not name.isidentifier():
            raise DefinitionError(f"{name!r} is no argument name")
        if required and any(not item.required for item in self.positionals):
            raise DefinitionError(f"{name} is required but comes after an optional argument")
        self._claim(name)
        positional = Positional(
            dest=name,
            type=type,
            default=default,
            required=required,
            help=help,
        )
        self.positionals.append(positional)
        return self

    def parse(self, argv):
        """Parse the words of a command line (without the program's name)."""
        values = {}
        words = list(argv)
        places = []
        while words:
            word = words.pop(0)
            if word == "--":
                places.extend(words)
                break
            if word.startswith("--"):
                self._take_long(word, words, values)
            elif word.startswith("-") and word != "-":
                self._take_short(word, words, values)
            else:
                places.append(word)
        self._place(places, values)
        return self._finish(values)

    def help_text(self):
        """The help text."""
        return helptext.help_text(self)

    def _claim(self, dest):
        if dest in self._dests:
            raise DefinitionError(f"{dest} is defined already")
        self._dests.add(dest)

    def _add(self, option):
        for name in option.names:
            if name in self._by_name:
                raise DefinitionError(f"{name} is defined already")
        self._claim(option.dest)
        for name in option.names:
            self._by_name[name] = option
        self.options.append(option)
        return self

    def _find(self, name):
        """The option of a name, or None."""
        return self._by_name.get(name)

    def _take_long(self, word, words, values):
        name, equals, text = word.partition("=")
        option = self._find(name)
        if option is None:
            raise UnknownOptionError(name)
        if option.is_flag:
            if equals:
                raise BadValueError(name, text, "allowed here, it is a flag")
            values[option.dest] = True
            return
        if not equals:
            if not words:
                raise MissingValueError(name)
            text = words.pop(0)
        values[option.dest] = convert(option, text)

    def _take_short(self, word, words, values):
        letters = word[1:]
        while letters:
            name = "-" + letters[0]
            letters = letters[1:]
            option = self._find(name)
            if option is None:
                raise UnknownOptionError(name)
            if option.is_flag:
                values[option.dest] = True
                continue
            if not letters:
                if not words:
                    raise MissingValueError(name)
                letters = words.pop(0)
            values[option.dest] = convert(option, letters)
            return

    def _place(self, places, values):
        if len(places) > len(self.positionals):
            raise UnexpectedArgumentError(places[len(self.positionals)])
        for positional, text in zip(self.positionals, places):
            values[positional.dest] = convert(positional, text)

    def _finish(self, values):
        for argument in [*self.options, *self.positionals]:
            if argument.dest in values:
                continue
            if argument.required:
                raise MissingArgumentError(argument.label)
            values[argument.dest] = argument.default
        return Namespace(values)
