class LastSuperuser(Exception):
    """Nobody would be left who may do everything."""
