"""A file of labelled cases is measured, and DTE XML files are listed."""

from __future__ import annotations

import json
import tempfile
import unittest
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

from lxml import etree

from dev.evaluation import case_kinds, evaluate, read_case_file, read_floors
from dev.evaluation import evaluation as evaluation_module
from dev.evaluation.report import report_text
from dev.evaluation.xml_files import read_xml_folder, xml_table
from services.documents.dte_xml import SII_NAMESPACE
from services.rules import RULEBOOK_VERSION

from .cases import (
    ALL_RIGHT,
    CLEAN,
    VAGUE,
    WRONG_RUT,
    WRONG_TOTAL,
    case_data,
    labelled,
    tree_of,
)


class FolderCase(unittest.TestCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def case_file(self, *cases):
        path = self.folder / "cases.json"
        path.write_text(json.dumps(case_data(*cases)), encoding="utf-8")
        return read_case_file(path)


class TestCaseFile(FolderCase):
    def test_numbers_are_exact(self):
        path = self.folder / "cases.json"
        path.write_text('[{"id": "A", "context": {"x": 0.1}}]')
        self.assertEqual(read_case_file(path).cases[0]["context"]["x"], Decimal("0.1"))

    def test_what_is_no_file_of_cases(self):
        path = self.folder / "cases.json"
        repeated = '{"cases": [{"id": "A"}, {"id": "A"}]}'
        for text in ("{}", "[1]", '{"cases": {}}', "not JSON", repeated):
            path.write_text(text)
            with self.subTest(text), self.assertRaises(ValueError):
                read_case_file(path)


class TestEvaluation(FolderCase):
    def test_rules_alone_give_their_own_verdict(self):
        evaluation = evaluate(self.case_file(*ALL_RIGHT))
        self.assertEqual(evaluation.total.exactness, 1)
        self.assertEqual(evaluation.total.recall, 1)
        self.assertEqual(evaluation.total.false_alarms, 0)
        self.assertEqual(set(evaluation.by_kind), {"none", "rule"})
        self.assertEqual(evaluation.source, {"by": "rules"})

    def test_every_case_has_one_entry(self):
        cases = (
            *ALL_RIGHT,
            labelled("A3", {"wage": 1}, "reject", ["NET_MISMATCH"], "rule"),
            labelled("A4", WRONG_TOTAL, "send", ["SEM_VAGUE_DESC"], "semantic"),
        )
        data = evaluate(self.case_file(*cases)).to_data()
        json.dumps(data)
        first, second, third, fourth = data["cases"]
        self.assertEqual(first["id"], "A1")
        self.assertEqual((first["verdict"], first["codes"]), ("send", []))
        self.assertGreater(first["confidence"], 0)
        self.assertIsNone(first["project"])
        self.assertEqual((second["verdict"], second["codes"]), ("reject", ["RUT_DV"]))
        self.assertIsNone(third["verdict"])
        self.assertIn("A3", third["error"])
        self.assertIn("TOTAL_MISMATCH", fourth["codes"])
        summary = data["summary"]
        self.assertEqual(summary["cases"], 4)
        self.assertEqual(summary["unreadable"], 1)
        self.assertEqual(summary["exactness"], 0.5)
        self.assertEqual(summary["by_kind"]["rule"]["recall"], 0.5)
        self.assertEqual(
            summary["recall_by_code"]["RUT_DV"], {"planted": 1, "found": 1}
        )
        self.assertEqual(summary["rulebook_version"], RULEBOOK_VERSION)

    def test_a_case_of_an_unknown_kind_is_named_with_what_it_holds(self):
        payslip = labelled("PV6", {"period": "2026-10", "dias_trabajados": 30})
        del payslip["flow"]
        (outcome,) = evaluate(self.case_file(payslip)).outcomes
        self.assertIn("PV6", outcome.error)
        self.assertIn("period, dias_trabajados", outcome.error)

    def test_a_case_without_labels_stops_everything(self):
        with self.assertRaisesRegex(ValueError, "A9"):
            evaluate(self.case_file({"id": "A9", "document": CLEAN}))

    def test_information_is_no_finding(self):
        case_file = self.case_file(labelled("A1", CLEAN, context={}))
        (entry,) = evaluate(case_file).to_data()["cases"]
        self.assertEqual(entry["codes"], [])

    def test_a_fault_of_ours_in_one_case_does_not_hide_the_others(self):
        (kind,) = case_kinds.KINDS

        def faulty(case, master, asking):
            if case["id"] == "A2":
                raise ZeroDivisionError("by zero")
            return kind.validate(case, master, asking)

        case_file = self.case_file(*ALL_RIGHT)
        with (
            patch.object(case_kinds, "KINDS", (replace(kind, validate=faulty),)),
            self.assertLogs(evaluation_module.__name__, "ERROR"),
        ):
            evaluation = evaluate(case_file)
        first, second = evaluation.outcomes
        self.assertTrue(first.is_exact)
        self.assertEqual(second.error, "Case A2: ZeroDivisionError: by zero")
        self.assertEqual(evaluation.total.unreadable, 1)

    def test_outcomes_are_told_as_they_come(self):
        told = []
        evaluate(self.case_file(*ALL_RIGHT), told=told.append)
        self.assertEqual([each.expectation.identifier for each in told], ["A1", "A2"])

    def test_floors(self):
        evaluation = evaluate(self.case_file(*ALL_RIGHT))
        floors = read_floors("exactness=1,semantic.recall=1")
        self.assertEqual(list(map(str, evaluation.broken(floors))), [str(floors[1])])


class TestReport(FolderCase):
    def report(self, *cases, floors=""):
        evaluation = evaluate(self.case_file(*cases))
        return report_text(evaluation, read_floors(floors))

    def test_nothing_to_complain_of(self):
        text = self.report(*ALL_RIGHT, floors="recall=1")
        self.assertIn("rules alone", text)
        self.assertIn("No misses.", text)
        self.assertIn("kept   recall ≥ 1", text)

    def test_misses_errors_and_broken_floors(self):
        text = self.report(
            labelled("A1", WRONG_RUT),
            labelled("A2", VAGUE, "review", ["SEM_VAGUE_DESC"], "semantic"),
            labelled("A3", {"wage": 1}),
            labelled("A4", WRONG_RUT, "reject", ["LEN_GIRORECEP"], "rule"),
            labelled("A5", CLEAN, context={"weather": "fine"}),
            floors="recall=1",
        )
        for words in (
            "SEM_VAGUE_DESC  0/1",
            "A1    none      reject   send      –               RUT_DV",
            "Case A3: ",
            "A5: context/weather",
            "BROKEN recall ≥ 1",
        ):
            with self.subTest(words):
                self.assertIn(words, text)


class TestXmlFolder(FolderCase):
    def test_files_are_listed_with_their_totals(self):
        good, bad = tree_of("bill"), tree_of("bill")
        good["Encabezado"]["IdDoc"]["Folio"] = 7
        bad["Encabezado"]["Totales"]["MntTotal"] = 1
        (self.folder / "1.xml").write_bytes(dte(good))
        (self.folder / "2.xml").write_bytes(dte(bad))
        (self.folder / "3.xml").write_bytes(b"<!DOCTYPE x><x/>")
        (self.folder / "4.txt").write_bytes(b"no XML")
        good, bad, refused = read_xml_folder(self.folder)
        self.assertTrue(good.is_read)
        self.assertFalse(refused.is_read)
        text = xml_table((good, bad, refused))
        self.assertIn("33/7", text)
        self.assertIn("agrees", text)
        self.assertIn("MntTotal 1 ≠ 119.000", text)
        self.assertIn("TOTAL_MISMATCH", text)
        self.assertIn("2 of 3 read.", text)


def dte(tree):
    """Return a document's fields as an XML file."""
    root = etree.Element("DTE", nsmap={None: SII_NAMESPACE})
    append(root, "Documento", tree)
    return etree.tostring(root, encoding="ISO-8859-1", xml_declaration=True)


def append(parent, name, value):
    """Append a field, or one element for each value of a list."""
    for each in value if isinstance(value, list) else [value]:
        child = etree.SubElement(parent, name)
        if isinstance(each, dict):
            for inner, inside in each.items():
                append(child, inner, inside)
        else:
            child.text = str(each)
