"""Lists that inventories, hosts and groups have in AWX, and that are empty here."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import serializers

from access.api.absent import AbsentSerializer, AbsentSublist, RefusingSublist
from access.api.absent_resources import AdHocCommands, KeyField
from inventories.models import Group, Host, Inventory


class EventSerializer(AbsentSerializer):
    created = serializers.DateTimeField(read_only=True)
    modified = serializers.DateTimeField(read_only=True)
    event = serializers.CharField(read_only=True)
    counter = serializers.IntegerField(read_only=True)
    event_display = serializers.CharField(read_only=True)
    event_data = serializers.JSONField(read_only=True)
    failed = serializers.BooleanField(read_only=True)
    changed = serializers.BooleanField(read_only=True)
    uuid = serializers.CharField(read_only=True)
    host = KeyField(read_only=True)
    host_name = serializers.CharField(read_only=True)
    stdout = serializers.CharField(read_only=True)
    start_line = serializers.IntegerField(read_only=True)
    end_line = serializers.IntegerField(read_only=True)
    verbosity = serializers.IntegerField(read_only=True)


class CommandEventSerializer(EventSerializer):
    object_type = "ad_hoc_command_event"
    model_name = "AdHocCommandEvent"

    ad_hoc_command = KeyField(read_only=True)


class JobEventSerializer(EventSerializer):
    object_type = "job_event"
    model_name = "JobEvent"

    job = KeyField(read_only=True)
    event_level = serializers.IntegerField(read_only=True)
    parent_uuid = serializers.CharField(read_only=True)
    playbook = serializers.CharField(read_only=True)
    play = serializers.CharField(read_only=True)
    task = serializers.CharField(read_only=True)
    role = serializers.CharField(read_only=True)


class CommandsOn(RefusingSublist):
    """AWX's ad hoc commands: there are none here, and none can be given."""

    serializer_class = AdHocCommands.serializer_class
    search_fields = AdHocCommands.search_fields
    # The path says the inventory.
    required: ClassVar = {name: text for name, text in AdHocCommands.required.items() if name != "inventory"}
    refusal = AdHocCommands.refusal


class CommandsOnInventory(CommandsOn):
    """AWX's ad hoc commands on an inventory: there are none here, and none can be given."""

    parents = Inventory.objects.all()


class CommandsOnHost(CommandsOn):
    """AWX's ad hoc commands on a host: there are none here, and none can be given."""

    parents = Host.objects.all()


class CommandsOnGroup(CommandsOn):
    """AWX's ad hoc commands on a group: there are none here, and none can be given."""

    parents = Group.objects.all()


class CommandEventsOnHost(AbsentSublist):
    """What AWX's ad hoc commands did on a host."""

    serializer_class = CommandEventSerializer
    parents = Host.objects.all()


class JobEventsOnHost(AbsentSublist):
    """What jobs did on a host, step by step. The record of a call is its own."""

    serializer_class = JobEventSerializer
    parents: ClassVar[QuerySet[Any]] = Host.objects.all()


class JobEventsOnGroup(JobEventsOnHost):
    """The same on the hosts of a group."""

    parents = Group.objects.all()
