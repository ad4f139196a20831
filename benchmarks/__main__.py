"""``make bench``: all measurements; ``PEERS=1`` adds the LiteLLM proxy."""

from __future__ import annotations

import argparse
import os
import sys

from dev import odoo, postgresql

from . import (
    budgets,
    call,
    cost,
    dashboard,
    database,
    failover,
    posting,
    rules,
    streams,
)

SECTIONS = (
    *("rules", "documents", "posting", "streams", "cost", "call", "budgets"),
    *("dashboard", "failover"),
)


def main() -> int:
    """Run the wanted sections and print their figures."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("sections", nargs="*", default=SECTIONS, metavar="section")
    parser.add_argument(
        "--again", action="store_true", help="with the records of the last run"
    )
    options = parser.parse_args()
    sections = options.sections
    if "rules" in sections:
        rules.main()
    if {"documents", "posting", "streams", "cost"} & set(sections):
        with postgresql.server() as server:
            prepared = odoo.prepare(server)
            drafts = max(streams.drafts_needed(), posting.INVOICES)
            bench = database.prepare(prepared, drafts, options.again)
            if "documents" in sections:
                database.report_queries(bench)
            if "posting" in sections:
                posting.run(bench)
            if {"streams", "cost"} & set(sections):
                ways = streams.measure(bench, peers=bool(os.environ.get("PEERS")))
                streams.report(ways)
                cost.report(prepared)
    if "call" in sections:
        with postgresql.server() as server:
            call.run(odoo.prepare(server), peers=bool(os.environ.get("PEERS")))
    if "budgets" in sections:
        with postgresql.server() as server:
            budgets.run(odoo.prepare(server))
    if "dashboard" in sections:
        with postgresql.server() as server:
            dashboard.run(odoo.prepare(server), options.again)
    if "failover" in sections:
        with postgresql.server() as server:
            failover.run(odoo.prepare(server))
    return 0


if __name__ == "__main__":
    sys.exit(main())
