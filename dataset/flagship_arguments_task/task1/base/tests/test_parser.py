import unittest

from flagship import (
    BadValueError,
    DefinitionError,
    FlagshipError,
    MissingArgumentError,
    MissingValueError,
    Namespace,
    Parser,
    UnexpectedArgumentError,
    UnknownOptionError,
    UsageError,
)


def build():
    parser = Parser(prog="serve")
    parser.option("--port", "-p", type=int, default=8080)
    parser.option("--host-name", "-H")
    parser.flag("--verbose", "-v")
    parser.flag("-q")
    parser.positional("folder")
    parser.positional("index", default="index.html", required=False)
    return parser


class ParseTest(unittest.TestCase):
    def test_defaults(self):
        args = build().parse(["site"])
        self.assertEqual(args.folder, "site")
        self.assertEqual(args.index, "index.html")
        self.assertEqual(args.port, 8080)
        self.assertIsNone(args.host_name)
        self.assertIs(args.verbose, False)

    def test_forms_of_an_option(self):
        for words in (["--port", "9000"], ["--port=9000"], ["-p", "9000"], ["-p9000"]):
            self.assertEqual(build().parse([*words, "site"]).port, 9000, words)

    def test_last_option_counts(self):
        self.assertEqual(build().parse(["-p1", "site", "--port=2"]).port, 2)

    def test_joined_flags(self):
        args = build().parse(["-vqp", "1", "site"])
        self.assertTrue(args.verbose and args.q)
        self.assertEqual(args.port, 1)

    def test_double_dash_and_dash(self):
        args = build().parse(["-v", "--", "--port", "-"])
        self.assertEqual((args.folder, args.index), ("--port", "-"))
        self.assertEqual(build().parse(["-"]).folder, "-")

    def test_empty_value(self):
        self.assertEqual(build().parse(["--host-name=", "site"]).host_name, "")

    def test_usage_errors(self):
        cases = [
            (["--nope", "x"], UnknownOptionError, "UNKNOWN_OPTION"),
            (["-x", "x"], UnknownOptionError, "UNKNOWN_OPTION"),
            (["x", "--port"], MissingValueError, "MISSING_VALUE"),
            (["x", "-p"], MissingValueError, "MISSING_VALUE"),
            (["x", "--port=many"], BadValueError, "BAD_VALUE"),
            (["x", "--verbose=yes"], BadValueError, "BAD_VALUE"),
            ([], MissingArgumentError, "MISSING_ARGUMENT"),
            (["a", "b", "c"], UnexpectedArgumentError, "UNEXPECTED_ARGUMENT"),
        ]
        for words, kind, code in cases:
            with self.subTest(words=words):
                with self.assertRaises(kind) as caught:
                    build().parse(words)
                self.assertIsInstance(caught.exception, UsageError)
                self.assertEqual(caught.exception.code, code)

    def test_required_option(self):
        parser = Parser().option("--key", required=True)
        self.assertEqual(parser.parse(["--key", "k"]).key, "k")
        with self.assertRaises(MissingArgumentError):
            parser.parse([])

    def test_namespace(self):
        args = Parser().flag("-a").parse(["-a"])
        self.assertIn("a", args)
        self.assertNotIn("b", args)
        self.assertEqual(args, Namespace({"a": True}))
        self.assertEqual(args.as_dict(), {"a": True})
        self.assertEqual(repr(args), "Namespace(a=True)")


class DefinitionTest(unittest.TestCase):
    def test_names(self):
        for names in ([], ["port"], ["--p"], ["-port"], ["--1a"]):
            with self.subTest(names=names), self.assertRaises(DefinitionError):
                Parser().option(*names)
        with self.assertRaises(DefinitionError):
            Parser().positional("no name")

    def test_duplicates(self):
        parser = Parser().option("--port", "-p").positional("folder")
        for define in (
            lambda: parser.flag("--path", "-p"),
            lambda: parser.flag("--folder"),
            lambda: parser.positional("port"),
        ):
            with self.assertRaises(FlagshipError):
                define()

    def test_order_of_positionals(self):
        parser = Parser().positional("a", required=False)
        with self.assertRaises(DefinitionError):
            parser.positional("b")


if __name__ == "__main__":
    unittest.main()
