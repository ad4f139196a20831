"""``make eval``: the validator measured with labelled cases, or tried on XML files."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.claude.defaults import DEFAULT_BASE_URL

from .evaluation import evaluate, read_case_file, read_floors
from .evaluation.asking import Asking
from .evaluation.report import report_text
from .evaluation.xml_files import read_xml_folder, xml_table

API_KEY_VARIABLE = "ACCOUNT_AI_API_KEY"
BASE_URL_VARIABLE = "ACCOUNT_AI_BASE_URL"
SIMULATED_VARIABLE = "ACCOUNT_AI_SIMULATED"
_YES = frozenset({"1", "true", "yes", "on"})


def main(arguments: list[str] | None = None) -> int:
    """Evaluate; return 1 when a case is unreadable or a floor is broken."""
    parser = argparse.ArgumentParser(prog="python3 -m dev eval --", description=__doc__)
    parser.add_argument("--cases", type=Path, help="JSON file of labelled cases")
    parser.add_argument("--llm", default="0", choices=("0", "1"))
    parser.add_argument("--out", type=Path, help="where to write the result as JSON")
    parser.add_argument(
        "--floors", default="", help="e.g. exactness=0.9,rule.recall=1,false_alarms=0"
    )
    parser.add_argument("--model", default="", help="another model than the default")
    parser.add_argument("--effort", default="", help="another effort than the default")
    parser.add_argument("--xml", type=Path, help="folder of DTE XML files to read")
    options = parser.parse_args(arguments)
    if options.xml:
        results = read_xml_folder(options.xml)
        print(xml_table(results))
        return 0 if results and all(each.is_read for each in results) else 1
    if not options.cases:
        parser.error("give --cases or --xml")
    try:
        return _evaluate(options)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2


def _evaluate(options: argparse.Namespace) -> int:
    floors = read_floors(options.floors)
    case_file = read_case_file(options.cases)
    if options.llm == "1":
        with _asking(options) as asking:
            evaluation = evaluate(case_file, asking)
    else:
        evaluation = evaluate(case_file)
    print(report_text(evaluation, floors), end="")
    if options.out:
        text = json.dumps(evaluation.to_data(), ensure_ascii=False, indent=1)
        options.out.write_text(f"{text}\n", encoding="utf-8")
    return 1 if evaluation.total.unreadable or evaluation.broken(floors) else 0


@contextmanager
def _asking(options: argparse.Namespace) -> Iterator[Asking]:
    """Give the model that the environment names, else the simulator."""
    choice = {"model": options.model, "effort": options.effort}
    if api_key := os.environ.get(API_KEY_VARIABLE):
        yield Asking(
            api_key,
            os.environ.get(BASE_URL_VARIABLE) or DEFAULT_BASE_URL,
            simulated=os.environ.get(SIMULATED_VARIABLE, "").lower() in _YES,
            **choice,
        )
        return
    # Imported here: a real key needs no simulator.
    from .simulator.process import SimulatorProcess

    print(f"No {API_KEY_VARIABLE}: asking the simulator.", file=sys.stderr)
    with SimulatorProcess(first_token_ms=0, tokens_per_second=100_000) as simulator:
        yield Asking("sk-ant-simulated", simulator.base_url, simulated=True, **choice)


if __name__ == "__main__":
    sys.exit(main())
