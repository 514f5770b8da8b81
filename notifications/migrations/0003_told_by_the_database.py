"""Rows for those who are to be told, in whatever transaction and by whatever statement a run begins or ends."""

from django.db import migrations

MAKE = """
CREATE FUNCTION notifications_note_run() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    what text := CASE NEW.status WHEN 'running' THEN 'started' WHEN 'successful' THEN 'success' ELSE 'error' END;
BEGIN
    INSERT INTO notifications_notification (
        created, modified, notification_template_id, job_id, event, status, error, notifications_sent,
        notification_type, recipients, subject, body, due, attempts
    )
    SELECT statement_timestamp(), statement_timestamp(), template.id, NEW.id, what, 'pending', '', 0,
           template.notification_type, '', '', '""', statement_timestamp(), 0
    FROM notifications_notificationtemplate AS template
    WHERE template.id IN (
        SELECT told.notification_template_id FROM notifications_subscription AS told
        WHERE told.event = what AND (
            told.unified_job_template_id = NEW.unified_job_template_id
            OR told.unified_job_template_id = (
                SELECT project_id FROM jobs_jobtemplate WHERE template_id = NEW.unified_job_template_id
            )
            OR told.organization_id = coalesce(
                NEW.organization_id,
                (SELECT organization_id FROM inventories_inventory
                 WHERE NEW.kind = 'inventory_update' AND id = NEW.inventory_id)
            )
        )
    )
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

-- A run that was canceled before it began tells nobody.
CREATE TRIGGER notifications_note_run AFTER UPDATE OF status ON jobs_unifiedjob FOR EACH ROW
WHEN (
    OLD.status IS DISTINCT FROM NEW.status AND NEW.kind <> 'workflow_approval'
    AND (NEW.status IN ('running', 'successful', 'failed', 'error')
         OR (NEW.status = 'canceled' AND NEW.started IS NOT NULL))
)
EXECUTE FUNCTION notifications_note_run();
"""
DROP = """
DROP TRIGGER notifications_note_run ON jobs_unifiedjob;
DROP FUNCTION notifications_note_run();
"""


class Migration(migrations.Migration):
    dependencies = [("notifications", "0002_when_to_send")]
    operations = [migrations.RunSQL(MAKE, DROP)]
