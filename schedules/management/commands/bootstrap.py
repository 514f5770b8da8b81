from typing import Any

import environ
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from access.bootstrap import ensure_default_organization, ensure_first_administrator
from access.models import User
from schedules.demonstration import create_demonstration, follow_example_service
from schedules.housekeeping import ensure_housekeeping


class Command(BaseCommand):
    help = (
        "Make the first administrator (password: BELFRY_ADMIN_PASSWORD), the organization Default and, where "
        "DEMO_ENDPOINT_URL is set, the demonstration. A system that has an administrator is left as it is. "
        "Housekeeping that is missing is added, with its schedules."
    )
    # It comes after `migrate`, which makes them.
    requires_system_checks = ()

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        env = environ.FileAwareEnv()
        endpoint_url = env.str("DEMO_ENDPOINT_URL", default="")
        # First, as in AWX, whose system job templates have the lowest ids.
        ensure_housekeeping(now=timezone.now())
        is_first_start = not User.objects.filter(is_superuser=True).exists()
        if is_first_start:
            administrator = ensure_first_administrator(env.str("BELFRY_ADMIN_PASSWORD"))
            organization = ensure_default_organization()
            if endpoint_url:
                create_demonstration(
                    endpoint_url=endpoint_url, organization=organization, owner=administrator
                )
            self.stdout.write(f"The administrator {administrator.username} has been created.")
        elif endpoint_url:
            follow_example_service(endpoint_url)
