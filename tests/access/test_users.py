"""Two who take each other's rights at once must not leave the system without a superuser."""

from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from django.db import connection

from access.exceptions import LastSuperuser
from access.models import User
from access.users import change_user, delete_user
from tests.factories.access import make_superuser


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("take", [lambda user: change_user(user, is_superuser=False), delete_user])
def test_one_superuser_remains_when_two_go_at_once(take: Callable[[User], object]) -> None:
    users = [make_superuser(), make_superuser()]
    start = Barrier(2)
    refused = []

    def go(user: User) -> None:
        try:
            start.wait(timeout=120)
            take(user)
        except LastSuperuser:
            refused.append(user.pk)
        finally:
            connection.close()

    threads = [Thread(target=go, args=(user,)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)

    assert len(refused) == 1
    assert [user.pk for user in User.objects.filter(is_superuser=True)] == refused
