from typing import Any

from django.core.management.base import BaseCommand, CommandError

from jobs.rotation import rotate_all


class Command(BaseCommand):
    help = (
        "Encrypt all stored secrets anew with the present SECRET_KEY. Give the old one in SECRET_KEY_FALLBACKS while "
        "this runs; afterwards it can be given up."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        written, unreadable = rotate_all()
        self.stdout.write(f"{written} objects have been encrypted with the present key.")
        if unreadable:
            raise CommandError(f"No key that was given opens the secrets of: {', '.join(unreadable)}.")
