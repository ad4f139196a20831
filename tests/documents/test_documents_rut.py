from odoo.tests import BaseCase

from odoo.addons.account_ai.services.documents import rut


class TestRut(BaseCase):
    def test_normalises_usual_ways_to_write_it(self):
        for written in ("76431209-0", "76.431.209-0", " 76431209-0 ", "764312090"):
            self.assertEqual(rut.normalise(written), "76431209-0")
        self.assertEqual(rut.normalise("96.800.123-k"), "96800123-K")
        self.assertEqual(rut.normalise("09876543-3"), "9876543-3")

    def test_normalises_nothing_else(self):
        for written in (
            "",
            "-",
            "K",
            "no",
            "123456789012-3",
            "CL76431209-0",
            "７6431209-0",
        ):
            self.assertEqual(rut.normalise(written), "", written)

    def test_check_digits(self):
        for written in ("76431209-0", "96800123-K", "9876543-3", "55555555-5", "1-9"):
            self.assertTrue(rut.is_valid(written), written)
        for written in ("76431209-1", "96800123-0", "", "abc"):
            self.assertFalse(rut.is_valid(written), written)

    def test_format_of_the_schema(self):
        self.assertTrue(rut.has_xml_format("96800123-K"))
        for written in (
            "96800123-k",
            "96.800.123-K",
            "96800123K",
            "12345-5",
            "012345678-5",
        ):
            self.assertFalse(rut.has_xml_format(written), written)

    def test_body(self):
        self.assertEqual(rut.body("9.876.543-3"), 9_876_543)
        self.assertEqual(rut.body("nothing"), 0)
