import tempfile
import unittest
from pathlib import Path

from ledgerline import ConfigError, ParseError, load, loads

TEXT = """
# A comment
name = "Front desk"   ; another one
path = C:\\temp # and one more
color = 'a#b'

[server]
port = 8_080
ratio = -0.5
debug = no
hosts = ["a, b", 'c', 3, [yes, 1e3],]
empty = []
url = http://example.com/#top

[server.tls]
on = On
nothing =
"""


class ParserTest(unittest.TestCase):
    def test_values(self):
        config = loads(TEXT)
        expected = {
            "name": "Front desk",
            "path": "C:\\temp",
            "color": "a#b",
            "server.port": 8080,
            "server.ratio": -0.5,
            "server.debug": False,
            "server.hosts": ["a, b", "c", 3, [True, 1000.0]],
            "server.empty": [],
            "server.url": "http://example.com/#top",
            "server.tls.on": True,
            "server.tls.nothing": "",
        }
        self.assertEqual(config.keys(), list(expected))
        for key, value in expected.items():
            with self.subTest(key=key):
                self.assertEqual(config.get(key), value)

    def test_escapes(self):
        config = loads('a = "1\\n2\\t\\"3\\" \\\\"\nb = \'\\n\'')
        self.assertEqual(config.get("a"), '1\n2\t"3" \\')
        self.assertEqual(config.get("b"), "\\n")

    def test_errors_have_a_line(self):
        cases = [
            ("a = 1\nb", 2),
            ("a = 1\n\na = 2", 3),
            ("[a]\n[b]\n[a]", 3),
            ('a = "open', 1),
            ("a = 'one' two'", 1),
            ('a = "one" two"', 1),
            ('a = "\\x"', 1),
            ("a = [1, 2", 1),
            ("a = [1,, 2]", 1),
            ("a b = 1", 1),
            ("[a b]", 1),
            ("= 1", 1),
        ]
        for text, line in cases:
            with self.subTest(text=text):
                with self.assertRaises(ParseError) as caught:
                    loads(text, source="my.conf")
                error = caught.exception
                self.assertIsInstance(error, ConfigError)
                self.assertEqual((error.code, error.line), ("PARSE_ERROR", line))
                self.assertEqual(error.source, "my.conf")
                self.assertTrue(str(error).startswith(f"my.conf:{line}: "))

    def test_load(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "a.conf")
            path.write_text("name = Zoë\n", encoding="utf-8")
            self.assertEqual(load(path).get("name"), "Zoë")
            path.write_text("name\n", encoding="utf-8")
            with self.assertRaises(ParseError) as caught:
                load(str(path))
            self.assertEqual(caught.exception.source, str(path))


if __name__ == "__main__":
    unittest.main()
