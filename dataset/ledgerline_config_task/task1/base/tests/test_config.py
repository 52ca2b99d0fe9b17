import unittest

from ledgerline import Config, MissingKeyError, WrongTypeError, loads

CONFIG = loads("text = a\nint = 7\nfloat = 1.5\nbool = yes\nlist = [1]\n[s]\nx = 1\n[s.t]\ny = 2\n")


class ConfigTest(unittest.TestCase):
    def test_typed_access(self):
        self.assertEqual(CONFIG.get_str("text"), "a")
        self.assertEqual(CONFIG.get_int("int"), 7)
        self.assertEqual(CONFIG.get_float("float"), 1.5)
        self.assertIsInstance(CONFIG.get_float("int"), float)
        self.assertIs(CONFIG.get_bool("bool"), True)
        self.assertEqual(CONFIG.get_list("list"), [1])

    def test_wrong_types(self):
        for read, key in (
            (CONFIG.get_str, "int"),
            (CONFIG.get_int, "float"),
            (CONFIG.get_int, "bool"),
            (CONFIG.get_float, "text"),
            (CONFIG.get_bool, "int"),
            (CONFIG.get_list, "text"),
        ):
            with self.subTest(key=key):
                with self.assertRaises(WrongTypeError) as caught:
                    read(key, default=None)
                self.assertEqual(caught.exception.code, "WRONG_TYPE")
                self.assertEqual(caught.exception.key, key)

    def test_missing_keys(self):
        with self.assertRaises(MissingKeyError) as caught:
            CONFIG.get_int("nope")
        self.assertEqual((caught.exception.code, caught.exception.key), ("MISSING_KEY", "nope"))
        self.assertIsNone(CONFIG.get("nope", default=None))
        self.assertEqual(CONFIG.get_float("nope", default=2), 2)

    def test_a_list_is_a_copy(self):
        CONFIG.get_list("list").append(2)
        self.assertEqual(CONFIG.get_list("list"), [1])

    def test_sections(self):
        self.assertIn("s.x", CONFIG)
        self.assertNotIn("s", CONFIG)
        self.assertEqual(CONFIG.keys("s"), ["s.x", "s.t.y"])
        self.assertEqual(CONFIG.section("s"), Config({"x": 1, "t.y": 2}))
        self.assertEqual(CONFIG.section("nope"), Config({}))
        self.assertEqual(CONFIG.as_dict()["s"], {"x": 1, "t": {"y": 2}})


if __name__ == "__main__":
    unittest.main()
