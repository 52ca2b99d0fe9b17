"""The help text of a parser."""


def _metavar(option):
    return option.dest.upper()


def usage(prog, options, positionals):
    """The usage line."""
    words = [prog]
    for option in options:
        word = option.label if option.is_flag else f"{option.label} {_metavar(option)}"
        words.append(word if option.required else f"[{word}]")
    for positional in positionals:
        words.append(positional.dest if positional.required else f"[{positional.dest}]")
    return "usage: " + " ".join(words)


def _heading(option):
    names = ", ".join(option.names)
    return names if option.is_flag else f"{names} {_metavar(option)}"


def _describe(argument):
    parts = [argument.help]
    if argument.default is not None and argument.default is not False:
        parts.append(f"[default: {argument.default}]")
    return " ".join(part for part in parts if part)


def _section(title, rows):
    if not rows:
        return []
    width = max(len(heading) for heading, _ in rows)
    lines = [f"  {heading:<{width}}  {text}".rstrip() for heading, text in rows]
    return ["", f"{title}:", *lines]


def help_text(parser):
    """The complete help text."""
    lines = [usage(parser.prog, parser.options, parser.positionals)]
    if parser.description:
        lines += ["", parser.description]
    lines += _section("Arguments", [(item.dest, _describe(item)) for item in parser.positionals])
    lines += _section("Options", [(_heading(item), _describe(item)) for item in parser.options])
    return "\n".join(lines) + "\n"
