"""Rows for those who are to be told of approvals: when one begins to wait, and when it is decided.

A run says of which workflow it is a step by its node alone, which is linked after the run was made: so the node tells
that it waits.
"""

from django.db import migrations, models

MAKE = """
CREATE FUNCTION notifications_write(run bigint, what text, told bigint[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO notifications_notification (
        created, modified, notification_template_id, job_id, event, status, error, notifications_sent,
        notification_type, recipients, subject, body, due, attempts
    )
    SELECT statement_timestamp(), statement_timestamp(), template.id, run, what, 'pending', '', 0,
           template.notification_type, '', '', '""', statement_timestamp(), 0
    FROM notifications_notificationtemplate AS template
    WHERE template.id = ANY(told)
$$;

CREATE FUNCTION notifications_write_of_approval(approval bigint, what text) RETURNS void LANGUAGE sql AS $$
    SELECT notifications_write(approval, what, ARRAY(
        SELECT told.notification_template_id
        FROM workflows_workflowjobnode AS node
        JOIN jobs_unifiedjob AS workflow ON workflow.id = node.workflow_job_id
        JOIN notifications_subscription AS told ON told.event = 'approvals' AND (
            told.unified_job_template_id = workflow.unified_job_template_id
            OR told.organization_id = workflow.organization_id
        )
        WHERE node.job_id = approval
    ))
$$;

CREATE FUNCTION notifications_note_waiting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM jobs_unifiedjob
        WHERE id = NEW.job_id AND kind = 'workflow_approval' AND status = 'pending'
    ) THEN
        PERFORM notifications_write_of_approval(NEW.job_id, 'running');
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER notifications_note_waiting AFTER UPDATE OF job_id ON workflows_workflowjobnode FOR EACH ROW
WHEN (OLD.job_id IS NULL AND NEW.job_id IS NOT NULL)
EXECUTE FUNCTION notifications_note_waiting();

CREATE FUNCTION notifications_note_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM notifications_write_of_approval(NEW.id, CASE
        WHEN NEW.status = 'successful' THEN 'approved'
        WHEN NEW.failure_reason = 'timeout' THEN 'timed_out'
        ELSE 'denied'
    END);
    RETURN NULL;
END
$$;

-- One that is canceled, with its workflow, tells nobody.
CREATE TRIGGER notifications_note_decision AFTER UPDATE OF status ON jobs_unifiedjob FOR EACH ROW
WHEN (NEW.kind = 'workflow_approval' AND OLD.status = 'pending' AND NEW.status IN ('successful', 'failed'))
EXECUTE FUNCTION notifications_note_decision();
"""
DROP = """
DROP TRIGGER notifications_note_decision ON jobs_unifiedjob;
DROP TRIGGER notifications_note_waiting ON workflows_workflowjobnode;
DROP FUNCTION notifications_note_decision();
DROP FUNCTION notifications_note_waiting();
DROP FUNCTION notifications_write_of_approval(bigint, text);
DROP FUNCTION notifications_write(bigint, text, bigint[]);
"""

NOTICES = ("started", "success", "error", "running", "approved", "denied", "timed_out")


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0004_each_ending_is_told"),
        ("workflows", "0002_webhooks"),
    ]
    operations = [
        migrations.AlterField(
            model_name="notification",
            name="event",
            field=models.CharField(
                blank=True,
                choices=[(name, name.replace("_", " ").title()) for name in NOTICES],
                default="",
                max_length=16,
            ),
        ),
        migrations.RunSQL(MAKE, DROP),
    ]
