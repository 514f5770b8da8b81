"""Rows for those who are to be told that a template's runs are successful again: of its first success after a failure."""

from django.db import migrations, models

MAKE = """
CREATE FUNCTION notifications_note_recovery() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told bigint[] := ARRAY(
        SELECT subscription.notification_template_id FROM notifications_subscription AS subscription
        WHERE subscription.event = 'recovery' AND (
            subscription.unified_job_template_id = NEW.unified_job_template_id
            OR subscription.unified_job_template_id = (
                SELECT project_id FROM jobs_jobtemplate WHERE template_id = NEW.unified_job_template_id
            )
            OR subscription.organization_id = coalesce(
                NEW.organization_id,
                (SELECT organization_id FROM inventories_inventory
                 WHERE NEW.kind = 'inventory_update' AND id = NEW.inventory_id)
            )
        )
    );
    before text;
BEGIN
    IF told <> '{}' THEN
        SELECT status INTO before FROM jobs_unifiedjob
        WHERE unified_job_template_id = NEW.unified_job_template_id AND finished IS NOT NULL
          AND (finished, id) < (NEW.finished, NEW.id) AND status IN ('successful', 'failed', 'error')
        ORDER BY finished DESC, id DESC
        LIMIT 1;
        IF before IN ('failed', 'error') THEN
            PERFORM notifications_write(NEW.id, 'recovery', told);
        END IF;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER notifications_note_recovery AFTER UPDATE OF status ON jobs_unifiedjob FOR EACH ROW
WHEN (OLD.status <> 'successful' AND NEW.status = 'successful' AND NEW.kind <> 'workflow_approval')
EXECUTE FUNCTION notifications_note_recovery();
"""
DROP = """
DROP TRIGGER notifications_note_recovery ON jobs_unifiedjob;
DROP FUNCTION notifications_note_recovery();
"""

EVENTS = ("started", "success", "error", "approvals", "recovery")
NOTICES = ("started", "success", "error", "recovery", "running", "approved", "denied", "timed_out")


def choices(names: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ").title()) for name in names]


class Migration(migrations.Migration):
    dependencies = [("notifications", "0005_told_of_approvals")]
    operations = [
        migrations.AlterField(
            model_name="subscription",
            name="event",
            field=models.CharField(choices=choices(EVENTS), max_length=16),
        ),
        migrations.AlterField(
            model_name="notification",
            name="event",
            field=models.CharField(blank=True, choices=choices(NOTICES), default="", max_length=16),
        ),
        migrations.RunSQL(MAKE, DROP),
    ]
