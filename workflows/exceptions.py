class AlreadyDecided(Exception):
    """This workflow step has already been approved or denied."""
