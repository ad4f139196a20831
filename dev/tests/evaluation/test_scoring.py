"""Figures over labelled cases, and the floors that they must reach."""

from __future__ import annotations

import unittest
from decimal import Decimal

from dev.evaluation import Score, read_floors
from dev.evaluation.case import Answer, Expectation, Outcome
from services.validation.verdict import Verdict

from .cases import labelled


def outcome(codes=(), verdict="send", *, found=(), said="send", kind="rule", **values):
    """Return what came of a case that expects ``codes`` and ``verdict``."""
    expectation = Expectation.of(
        labelled(
            "A1",
            {},
            verdict,
            codes,
            kind,
            values.pop("acceptable", ()),
            expected_project=values.pop("expected_project", None),
        )
    )
    if said is None:
        return Outcome(expectation, None, "no document")
    return Outcome(expectation, Answer(Verdict(said), tuple(found), 0.5, **values))


class TestExpectation(unittest.TestCase):
    def test_labels_that_are_missing_or_strange_are_named(self):
        for name in ("check_kind", "planted_defects", "expected_verdict"):
            case = labelled("A7", {})
            del case[name]
            with self.subTest(name), self.assertRaisesRegex(ValueError, f"A7.*{name}"):
                Expectation.of(case)
        with self.assertRaisesRegex(ValueError, "A7.*maybe"):
            Expectation.of(labelled("A7", {}, "maybe"))


class TestScore(unittest.TestCase):
    def test_half_credit_for_another_acceptable_verdict(self):
        outcomes = [
            outcome(verdict="reject", said="reject"),
            outcome(verdict="reject", said="review", acceptable=["review"]),
            outcome(verdict="reject", said="review"),
            outcome(verdict="reject", said=None),
        ]
        self.assertEqual(
            [each.credit for each in outcomes],
            [Decimal(1), Decimal("0.5"), Decimal(0), Decimal(0)],
        )
        score = Score.of(outcomes)
        self.assertEqual(score.exactness, 0.25)
        self.assertEqual(score.verdict_score, 0.375)
        self.assertEqual(score.unreadable, 1)

    def test_recall_counts_each_planted_code(self):
        score = Score.of(
            [
                outcome(["A", "B"], found=["A", "C"]),
                outcome(["A"], found=["A"]),
                outcome(["A"], said=None),
            ]
        )
        self.assertEqual(score.recall, 0.5)
        self.assertEqual(dict(score.planted), {"A": 3, "B": 1})
        self.assertEqual(dict(score.found), {"A": 2})

    def test_only_clean_controls_can_have_false_alarms(self):
        score = Score.of(
            [
                outcome(found=["A", "B"], said="review"),
                outcome(),
                outcome(["A"], found=["A", "B"]),
            ]
        )
        self.assertEqual((score.clean, score.false_alarms), (2, 1))
        self.assertEqual(dict(score.false_codes), {"A": 1, "B": 1})

    def test_projects(self):
        score = Score.of(
            [
                outcome(expected_project="P-1", project="P-1"),
                outcome(expected_project="P-1", project="P-2"),
                outcome(expected_project="P-1"),
                outcome(expected_project="NONE"),
                outcome(expected_project="NONE", project="P-1"),
                outcome(project="P-1"),
            ]
        )
        self.assertEqual((score.projects, score.projects_exact), (5, 2))

    def test_shares_over_nothing_are_unknown(self):
        score = Score.of([])
        self.assertIsNone(score.exactness)
        self.assertIsNone(score.recall)

    def test_what_is_a_miss(self):
        self.assertFalse(outcome(["A"], found=["A", "B"]).is_miss)
        self.assertTrue(outcome(["A"]).is_miss)
        self.assertTrue(outcome(found=["A"]).is_miss)
        self.assertTrue(outcome(said="review").is_miss)
        self.assertTrue(outcome(said=None).is_miss)


class TestFloors(unittest.TestCase):
    def kept(self, text):
        rule = [outcome(["A"], found=["A"]), outcome(["A"])]
        clean = [outcome(found=["A"], kind="none")]
        by_kind = {"rule": Score.of(rule), "none": Score.of(clean)}
        total = Score.of(rule + clean)
        return [each.is_kept(total, by_kind) for each in read_floors(text)]

    def test_floors_and_ceilings(self):
        self.assertEqual(self.kept("recall=0.5,recall=0.51"), [True, False])
        self.assertEqual(self.kept("false_alarms=1, false_alarms=0"), [True, False])
        self.assertEqual(self.kept("rule.recall=0.5,rule.exactness=1"), [True, True])
        self.assertEqual(self.kept("none.false_alarms=0"), [False])
        self.assertEqual(self.kept(""), [])

    def test_a_figure_over_nothing_does_not_reach_its_floor(self):
        self.assertEqual(self.kept("semantic.recall=0,none.recall=0"), [False, False])

    def test_a_kind_with_a_plus_sign(self):
        (floor,) = read_floors("rule+context.recall=1")
        self.assertEqual((floor.check_kind, floor.figure), ("rule+context", "recall"))
        self.assertEqual(str(floor), "rule+context.recall ≥ 1")

    def test_what_is_no_floor(self):
        for text in ("recall", "beauty=1", "recall=much", "cases=3", "=1"):
            with self.subTest(text), self.assertRaises(ValueError):
                read_floors(text)
