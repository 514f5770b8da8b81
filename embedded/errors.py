"""Why a start ends early."""


class CannotStart(Exception):
    """Belfry cannot start; the message tells the person at the console what to do."""


class AlreadyRuns(CannotStart):
    """Another Belfry uses the data directory."""


class StopRequested(Exception):
    """Somebody asked for a stop while the start was still going on."""
