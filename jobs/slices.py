"""Slices: a launch is cut into several runs, each with its share of the inventory's hosts (AWX's job slicing).

The launch makes the run of a workflow (`is_sliced_job`), whose nodes are the slices: workflows/slicing.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Slice:
    """`number` is from 1 to `count`."""

    number: int
    count: int

    @classmethod
    def of(cls, prompts: Mapping[str, Any]) -> "Slice":
        """That of a run; the whole of one that is none."""
        number = int(prompts.get("job_slice_number") or 0)
        return cls(number, int(prompts["job_slice_count"])) if number else WHOLE

    def share(self, hosts: Sequence[T]) -> Sequence[T]:
        return hosts[self.number - 1 :: self.count]

    def as_prompts(self) -> dict[str, int]:
        """What a run keeps of it."""
        return {"job_slice_number": self.number, "job_slice_count": self.count} if self != WHOLE else {}


WHOLE = Slice(1, 1)
