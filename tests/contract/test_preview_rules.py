"""Plays the recorded previews of the conformance kit through the recurrence module, without a server.

The kit lies in BELFRY_CONFORMANCE, or beside the repository in `shared/conformance`.
"""

import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schedules.recurrence import Contract, InvalidRule, parse

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "conformance"
KIT = Path(os.environ.get("BELFRY_CONFORMANCE", BESIDE))
RECORDED = datetime(2026, 11, 21, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not KIT.is_dir(), reason="the conformance kit is not here")


def cases(group: str) -> Iterator[dict[str, Any]]:
    """The cases in which a rule, as text, was previewed or refused."""
    for line in (KIT / f"{group}.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        sent, answer = case["request"].get("body"), case["response"]
        if case["request"]["method"] != "POST" or answer["status"] not in (200, 400, None):
            continue
        if isinstance(sent, dict) and isinstance(sent.get("rrule"), str) and sent["rrule"].strip():
            yield case


def answer_to(text: str, contract: Contract) -> tuple[int, dict[str, list[str]]]:
    try:
        found = parse(text.strip(), contract=contract).preview(RECORDED)
    except InvalidRule as error:
        return 400, {"rrule": error.messages}
    return 200, {
        "local": [stamp(moment) for moment in found],
        "utc": [stamp(moment.astimezone(UTC)) for moment in found],
    }


def stamp(moment: datetime) -> str:
    return re.sub(r"\+00:00$", "Z", moment.isoformat())


def fits(expected: Any, given: Any) -> bool:
    """Whether an answer is as recorded; `{any}` stands for the words of an interpreter."""
    if isinstance(expected, dict):
        return set(expected) == set(given) and all(fits(expected[key], given[key]) for key in expected)
    if isinstance(expected, list):
        return len(expected) == len(given) and all(map(fits, expected, given))
    return bool(re.fullmatch(".*".join(map(re.escape, expected.split("{any}"))), given, re.DOTALL))


@pytest.mark.parametrize(
    ("group", "contract"), [("preview", Contract.SERVER), ("documented", Contract.DOCUMENTED)]
)
def test_recorded_rules_are_answered_as_recorded(group: str, contract: Contract) -> None:
    different = []
    for case in cases(group):
        status, body = answer_to(case["request"]["body"]["rrule"], contract)
        expect, answer = case.get("expect"), case["response"]
        excused = status == 400 and expect in ("400", "not-5xx", "same-or-400")
        if (
            not excused
            and expect != "not-5xx"
            and not (status == answer["status"] and fits(answer["body"], body))
        ):
            different.append((case["id"], status, body))

    assert different == []
