from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from instances.heartbeat import Pulse, beat, leave, sweep
from instances.models import Instance, InstanceGroup
from instances.querysets import with_state

pytestmark = pytest.mark.django_db


def pulse(hostname: str = "worker-1", *, capacity: int = 2000) -> Pulse:
    return Pulse(hostname, uuid4(), capacity)


def state_of(hostname: str = "worker-1") -> tuple[str, int]:
    instance: object = with_state(Instance.objects.all()).get(hostname=hostname)
    return getattr(instance, "node_state"), getattr(instance, "capacity")  # noqa: B009 (an annotation)


def test_first_beat_makes_the_instance_and_lets_it_join() -> None:
    named = InstanceGroup.objects.create(name="named", policy_instance_list=["worker-1"])
    InstanceGroup.objects.create(name="other")

    beat(pulse())

    instance = Instance.objects.get()
    assert state_of() == ("ready", 2000)
    assert set(instance.rampart_groups.values_list("name", flat=True)) == {
        "controlplane",
        "default",
        named.name,
    }


def test_next_beat_keeps_what_was_decided_meanwhile() -> None:
    ours = pulse()
    beat(ours)
    Instance.objects.update(enabled=False, started=timezone.now() - timedelta(hours=1))
    InstanceGroup.objects.get(name="default").instances.clear()
    before = Instance.objects.get()

    beat(ours)

    after = Instance.objects.get()
    assert (after.enabled, after.started) == (False, before.started)
    assert after.last_seen is not None
    assert before.last_seen is not None
    assert after.last_seen >= before.last_seen
    assert list(after.rampart_groups.values_list("name", flat=True)) == ["controlplane"]


def test_new_life_is_noticed() -> None:
    beat(pulse())
    Instance.objects.update(started=timezone.now() - timedelta(hours=1))
    born = pulse(capacity=5)

    beat(born)

    instance = Instance.objects.get()
    assert (instance.uuid, instance.full_capacity) == (born.life, 5)
    assert instance.started == instance.last_seen


def test_instance_that_left_or_is_silent_is_unavailable() -> None:
    gone, silent = pulse("gone"), pulse("silent")
    beat(gone)
    beat(silent)

    leave(gone)
    Instance.objects.filter(hostname="silent").update(last_seen=timezone.now() - timedelta(minutes=2))

    assert state_of("gone") == state_of("silent") == ("unavailable", 0)


def test_end_of_an_old_life_says_nothing_of_the_new_one() -> None:
    old = pulse()
    beat(old)
    beat(pulse())

    leave(old)

    assert state_of() == ("ready", 2000)


def test_instances_long_gone_are_forgotten() -> None:
    beat(pulse("old"))
    beat(pulse("new"))
    Instance.objects.filter(hostname="old").update(last_seen=timezone.now() - timedelta(days=2))

    sweep()

    assert [instance.hostname for instance in Instance.objects.all()] == ["new"]
