"""What matching a regular expression can cost at most: Python's engine tries every way, one after another."""

import math
import re
from collections.abc import Collection

MAX_LENGTH = 500
# Steps; some ten million are done in a second.
BUDGET = 30_000_000

_TOKEN = re.compile(
    r"""
      \\(?P<escaped>.)
    | (?P<class>\[\^?\]?(?:\\.|[^\]\\])*\])
    | (?P<open>\((?:\?:)?)
    | (?P<close>\))
    | (?P<repeat>[*+?]|\{[0-9]*(?:,[0-9]*)?\})[?+]?
    | (?P<branch>\|)
    | (?P<plain>.)
    """,
    re.VERBOSE | re.DOTALL,
)


class CostlyExpression(ValueError):
    """A regular expression that is not taken; the message says why."""


def check_cost(pattern: str, names: Collection[str]) -> None:
    """Raises CostlyExpression where matching `names` might take long.

    Repeats of groups and back references are refused, for their cost has no bound of use. What is left costs at most
    as many steps as there are ways to share a name among the repeats, times the alternatives.
    """
    if len(pattern) > MAX_LENGTH:
        raise CostlyExpression(f"it may have {MAX_LENGTH} characters.")
    repeats, ways, last = 0, 1, ""
    # How many alternatives there are so far on each level of brackets.
    branches = [1]
    for token in _TOKEN.finditer(pattern):
        kind = str(token.lastgroup)
        if kind == "escaped" and token["escaped"] in "123456789":
            raise CostlyExpression("it has a back reference.")
        if kind == "open" and pattern.startswith("(?", token.start()) and token["open"] != "(?:":
            raise CostlyExpression("of groups with a question mark it may have (?:…) only.")
        match kind, token["repeat"]:
            case "open", _:
                branches.append(1)
            case "branch", _:
                branches[-1] += 1
            case "close", _ if len(branches) > 1:
                ways *= branches.pop()
            case "repeat", "?":
                ways *= 2
            case "repeat", _ if last == "close":
                raise CostlyExpression("it repeats a group.")
            case "repeat", _:
                repeats += 1
        last = kind
    ways *= math.prod(branches)
    steps = sum(math.comb(len(name) + repeats, repeats) for name in names) * ways
    if steps > BUDGET:
        raise CostlyExpression("it has too many repeats and alternatives for so many names.")
