"""Passwords of tests: hashed as Belfry hashes them, at the least cost that Argon2 can have."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class CheapArgon2(Argon2PasswordHasher):
    """Thousands of tests make accounts; a hash that is costly to guess takes a tenth of a second each time."""

    time_cost = 1
    memory_cost = 8  # KiB
    parallelism = 1
