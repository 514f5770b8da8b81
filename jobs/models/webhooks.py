"""What templates have that a forge's webhook can launch."""

from django.db import models

from credentials.models import Credential


class Webhooked(models.Model):
    """A template that runs when a forge tells of a push, a merge request and the like (jobs/webhooks.py)."""

    class WebhookService(models.TextChoices):
        GITHUB = "github", "GitHub"
        GITLAB = "gitlab", "GitLab"
        BITBUCKET_DC = "bitbucket_dc", "BitBucket DataCenter"

    webhook_service = models.CharField(max_length=16, choices=WebhookService.choices, blank=True, default="")
    # What the forge signs with, encrypted; empty without a service.
    webhook_key = models.TextField(blank=True, default="", editable=False)
    # AWX's, for telling the forge how a run went: kept and given back, without effect.
    webhook_credential = models.ForeignKey(
        Credential, null=True, blank=True, on_delete=models.SET_NULL, related_name="%(class)ss_of_webhook"
    )

    class Meta:
        abstract = True
