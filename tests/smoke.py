"""Starts Belfry as `make run` does, sees that it answers and that nothing dies, and ends it. No test framework."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.request import urlopen

REPOSITORY = Path(__file__).resolve().parent.parent
SECONDS_TO_READY = 180.0
SECONDS_TO_LIVE = 5.0
SECONDS_TO_END = 60.0


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="belfry-smoke-") as folder:
        return smoke(Path(folder))


def smoke(folder: Path) -> int:
    belfry = subprocess.Popen(
        [sys.executable, "-m", "embedded"],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"], "BELFRY_DATA_DIR": str(folder / "data"), "PORT": "0"},
        stdout=subprocess.PIPE,
        text=True,
    )
    limit = threading.Timer(SECONDS_TO_READY, belfry.kill)
    limit.start()
    assert belfry.stdout is not None
    said = ""
    for line in belfry.stdout:
        said += line
        if "Ctrl-C ends it." in line:
            break
    limit.cancel()
    url = re.search(r"URL +(\S+)", said)
    answer = urlopen(f"{url[1]}api/v2/ping/", timeout=5).status if url else None  # noqa: S310 - loopback
    time.sleep(SECONDS_TO_LIVE)
    belfry.send_signal(signal.SIGINT)
    limit = threading.Timer(SECONDS_TO_END, belfry.kill)
    limit.start()
    said += belfry.communicate()[0]
    limit.cancel()
    sys.stdout.write(said)
    died = re.findall(r"^ +\w+ ended \(.*", said, re.MULTILINE)
    if answer != 200 or died or belfry.returncode != 0:
        print(
            f"Belfry does not run with its own packages alone: ping {answer}, exit {belfry.returncode}, {died}"
        )
        for log in sorted((folder / "data" / "log").glob("*.log")):
            print(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
