"""How fast Belfry is, each figure beside a floor or a peer that was measured in the same run.

A bench is a module here with a `run(size)` that yields `report.Figure`s, and its `SIZE` unless asked otherwise. Where
it can measure nothing of few, `SMALLEST` is the least that it takes.
"""

BENCHES = ("recurrence", "tick", "api", "lateness", "calls", "footprint", "retention")
