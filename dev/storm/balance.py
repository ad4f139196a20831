"""Compares the ledger with what the simulator was asked, did and bills."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

COLUMNS = (
    *("id", "key", "state", "outcome", "estimated", "from_store", "retries"),
    *("request_id", "message_id", "cost_usd", "corrects_id"),
    *("uncached_input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens"),
    *("cache_read_tokens", "output_tokens", "thinking_tokens"),
)
_TAG = re.compile(r"storm-(\d+)\.")
_NUMBER = re.compile(r"storm:(\d+)")
_CORRECTION = ":correction"
_SUMS = ("cost_usd", *(name for name in COLUMNS if name.endswith("_tokens")))

Row = Mapping[str, Any]
Entry = Mapping[str, Any]


@dataclass
class Balance:
    """What the comparison found.

    ``problems`` has a line for everything that does not agree. ``counts`` says how
    many rows there are of each kind, so that a run that did nothing is not taken for a
    good one.
    """

    problems: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    booked_usd: Decimal = Decimal(0)
    billed_usd: Decimal = Decimal(0)


def compare(
    rows: Iterable[Row], entries: Iterable[Entry], report: Iterable[Mapping[str, Any]]
) -> Balance:
    """Compare rows of the ledger with requests, call by call.

    - A row whose final usage arrived agrees with the request to the digit.
    - A row without it is *unknown*, at no less than what is billed; or *failed* at
      zero, when nothing was executed.
    - What a correction adds counts as if the row had been settled with it.
    - Each executed request has a row of its own, and each row a request, but for those
      of killed processes and of answers from the store.

    :param rows: with :data:`COLUMNS`, amounts as text
    :param entries: the simulator's requests, bodies included
    :param report: what the callers learned
    """
    balance = Balance()
    asked: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        asked[_number_of(entry)].append(entry)
    booked: dict[int, list[Row]] = defaultdict(list)
    for row in _corrected(rows, balance):
        booked[int(_NUMBER.match(row["key"])[1])].append(row)
    heard = _heard(report, balance)
    for number in sorted(asked.keys() | booked.keys()):
        _compare_call(
            sorted(booked[number], key=lambda row: row["id"]),
            sorted(asked[number], key=lambda entry: entry["id"]),
            heard,
            balance,
        )
    return balance


def _corrected(rows: Iterable[Row], balance: Balance) -> Iterator[Row]:
    """Yield the rows with what corrects them, as if they had been settled in time."""
    found = {row["key"]: {**row, "cost_usd": Decimal(row["cost_usd"])} for row in rows}
    for key, row in found.items():
        if key.endswith(_CORRECTION):
            continue
        correction = found.get(key + _CORRECTION)
        if correction is None:
            yield row
            continue
        balance.counts["corrected"] += 1
        if correction["corrects_id"] != row["id"]:
            balance.problems.append(f"{key}: corrected by another's row")
        sums = {name: (row[name] or 0) + correction[name] for name in _SUMS}
        yield {
            **correction,
            **sums,
            "id": row["id"],
            "key": key,
            "state": "settled" if any(sums.values()) else "failed",
        }


def _number_of(entry: Entry) -> int:
    return int(_TAG.search(json.dumps(entry["body"]["messages"]))[1])


def _heard(
    report: Iterable[Mapping[str, Any]], balance: Balance
) -> dict[str, Mapping[str, Any]]:
    """Return what was learned of each call that was made, by its key."""
    heard = {}
    for line in report:
        if "refused" in line:
            balance.counts[f"refused {line['refused']}"] += 1
        else:
            heard[line["key"]] = line
    return heard


def _compare_call(
    rows: Sequence[Row],
    entries: Sequence[Entry],
    heard: Mapping[str, Mapping[str, Any]],
    balance: Balance,
) -> None:
    left = list(entries)
    asking = []
    for row in rows:
        balance.booked_usd += row["cost_usd"]
        if not row["from_store"]:
            asking.append(row)
            continue
        balance.counts["from store"] += 1
        if row["cost_usd"]:
            balance.problems.append(f"{row['key']}: a stored answer costs")
    for position, row in enumerate(asking):
        learned = heard.get(row["key"])
        # Closed by the sweeper, it cannot say how often it asked: what others left.
        swept = row["retries"] is None
        taken = (row["retries"] or 0) + 1
        if swept:
            taken = len(left) - sum(
                (other["retries"] or 0) + 1 for other in asking[position + 1 :]
            )
        attempts, left = left[:taken], left[taken:]
        _compare_row(row, attempts, swept, learned, balance)
    for entry in left:
        balance.billed_usd += Decimal(entry["usd"])
        balance.problems.append(f"request {_words(entry)} has no row")


def _compare_row(
    row: Row,
    attempts: Sequence[Entry],
    swept: bool,
    learned: Mapping[str, Any] | None,
    balance: Balance,
) -> None:
    problems = balance.problems
    billed = sum((Decimal(entry["usd"]) for entry in attempts), Decimal(0))
    balance.billed_usd += billed
    words = f"{row['key']} {row['state']} {row['outcome']} {row['cost_usd']}"
    executed = [entry for entry in attempts if entry["executed"]]
    if not attempts and not swept:
        problems.append(f"{words}: no request")
        return
    if len(executed) > 1:
        problems.append(f"{words}: executed {len(executed)} times in one row")
    last = executed[-1] if executed else None
    whole = last is not None and last["delivered"]["complete"]
    if learned and learned["heard"] == "whole" and row["estimated"]:
        problems.append(f"{words}: estimated, though its usage arrived")
    if row["state"] == "settled" and not row["estimated"]:
        balance.counts["exact"] += 1
        if not whole:
            problems.append(f"{words}: exact, though it was not delivered")
        else:
            problems += _differences(words, row, last)
    elif row["state"] == "failed":
        balance.counts["failed"] += 1
        if row["cost_usd"] or executed:
            problems.append(f"{words}: failed, but executed or charged")
    elif row["estimated"]:
        balance.counts["killed" if swept and not learned else "unknown"] += 1
        balance.counts["unknown executed"] += bool(executed)
        if row["cost_usd"] < billed:
            problems.append(f"{words}: below the {billed} of {_words(last)}")
    else:
        problems.append(f"{words}: a state that nothing explains")


def _differences(words: str, row: Row, entry: Entry) -> list[str]:
    """Return where an exact row differs from what the simulator says of it."""
    found = []
    for name in ("request_id", "message_id"):
        if entry[name] and row[name] != entry[name]:
            found.append(f"{words}: {name} is not {entry[name]}")
    if row["cost_usd"] != Decimal(entry["usd"]):
        found.append(f"{words}: not the {entry['usd']} of {_words(entry)}")
    usage = entry["usage"]
    if usage is None:  # a refusal before any output: shown, not billed
        return found
    said = {
        "uncached_input_tokens": usage["input_tokens"],
        "cache_write_5m_tokens": usage["cache_creation"]["ephemeral_5m_input_tokens"],
        "cache_write_1h_tokens": usage["cache_creation"]["ephemeral_1h_input_tokens"],
        "cache_read_tokens": usage["cache_read_input_tokens"],
        "output_tokens": usage["output_tokens"],
        "thinking_tokens": usage["output_tokens_details"]["thinking_tokens"],
    }
    found += [
        f"{words}: {name} {row[name]} is not {count}"
        for name, count in said.items()
        if row[name] != count
    ]
    return found


def _words(entry: Entry | None) -> str:
    if entry is None:
        return "nothing"
    streamed = "stream" if entry["stream"] else "whole"
    return (
        f"{entry['id']} ({entry['fault']}, {streamed}, {entry['status']}, "
        f"executed {entry['executed']}, {entry['usd']}, {entry['delivered']})"
    )
