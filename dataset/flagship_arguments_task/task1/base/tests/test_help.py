import unittest

from flagship import Parser


class HelpTest(unittest.TestCase):
    def test_help_text(self):
        parser = Parser(prog="serve", description="Serve a folder.")
        parser.option("--port", "-p", type=int, default=8080, help="port to listen on")
        parser.option("--key", required=True)
        parser.flag("--verbose", "-v", help="say more")
        parser.positional("folder", help="what to serve")
        parser.positional("index", required=False, default="index.html")
        self.assertEqual(
            parser.help_text(),
            "usage: serve [--port PORT] --key KEY [--verbose] folder [index]\n"
            "\n"
            "Serve a folder.\n"
            "\n"
            "Arguments:\n"
            "  folder  what to serve\n"
            "  index   [default: index.html]\n"
            "\n"
            "Options:\n"
            "  --port, -p PORT  port to listen on [default: 8080]\n"
            "  --key KEY\n"
            "  --verbose, -v    say more\n",
        )

    def test_help_without_anything(self):
        self.assertEqual(Parser(prog="true").help_text(), "usage: true\n")


if __name__ == "__main__":
    unittest.main()
