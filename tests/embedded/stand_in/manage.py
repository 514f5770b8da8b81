"""A project as small as the launcher allows: it notes which commands were run."""

import os
import sys
from pathlib import Path

with (Path(os.environ["BELFRY_DATA_DIR"]) / "commands").open("a") as notes:
    notes.write(f"{' '.join(sys.argv[1:])} password={os.environ.get('BELFRY_ADMIN_PASSWORD')}\n")
if os.environ.get("STAND_IN_FAILS") == sys.argv[1]:
    sys.exit("The stand-in was told to fail.")
