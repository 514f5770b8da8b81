"""Which ids there can be: what a column of them can hold. Processes without an API read this, too."""

LARGEST_ID = 2**63 - 1
