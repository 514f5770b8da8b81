from tests.jobs.api.conftest import admin, auditor, nobody, root, stranger

__all__ = ["admin", "auditor", "nobody", "root", "stranger"]
