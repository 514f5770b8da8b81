"""Rows for those who are to be told of runs, in whatever transaction and by whatever statement these begin or end."""

from django.db import migrations

# A run that is replayed begins and ends again, and both are told again. That a retry is no beginning is seen by
# `started`, which stands from a run's first attempt until it is replayed.
MAKE_OF_RUNS = """
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
    AND ((NEW.status = 'running' AND OLD.started IS NULL)
         OR NEW.status IN ('successful', 'failed', 'error')
         OR (NEW.status = 'canceled' AND NEW.started IS NOT NULL))
)
EXECUTE FUNCTION notifications_note_run();
"""
DROP_OF_RUNS = """
DROP TRIGGER notifications_note_run ON jobs_unifiedjob;
DROP FUNCTION notifications_note_run();
"""

# A run says of which workflow it is a step by its node alone, which is linked after the run was made: so the node tells
# that it waits.
MAKE_OF_APPROVALS = """
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
DROP_OF_APPROVALS = """
DROP TRIGGER notifications_note_decision ON jobs_unifiedjob;
DROP TRIGGER notifications_note_waiting ON workflows_workflowjobnode;
DROP FUNCTION notifications_note_decision();
DROP FUNCTION notifications_note_waiting();
DROP FUNCTION notifications_write_of_approval(bigint, text);
DROP FUNCTION notifications_write(bigint, text, bigint[]);
"""

# Which templates are failing is a row of its own, so that a replay, or a clean-up, does not take their failure away. The
# first success deletes it and is told as a recovery. Of two that end at once one finds the row; the other passes over it,
# as whatever is locked is passed over here: workers that end runs of the same templates never wait for one another.
#
# Runs that end by one statement count in the order of their ends. A plan that was made for one row serves all calls of
# a session: without nested loops it is as quick for a thousand.
MAKE_OF_TURNS = """
CREATE FUNCTION notifications_note_turns() RETURNS trigger LANGUAGE plpgsql SET enable_nestloop = off AS $$
DECLARE
    run record;
BEGIN
    FOR run IN
        SELECT after.id, after.unified_job_template_id AS template, after.status,
               after.organization_id AS organization,
               CASE after.kind WHEN 'inventory_update' THEN after.inventory_id END AS updated_inventory,
               coalesce(after.finished, statement_timestamp()) AS ended
        FROM after JOIN before ON before.id = after.id
        WHERE before.status <> after.status AND after.status IN ('successful', 'failed', 'error')
          AND after.kind <> 'workflow_approval' AND after.unified_job_template_id IS NOT NULL
        ORDER BY after.finished, after.id
    LOOP
        IF run.status = 'successful' THEN
            DELETE FROM notifications_failing WHERE id = ANY(ARRAY(
                SELECT id FROM notifications_failing
                WHERE unified_job_template_id = run.template AND failed <= run.ended
                FOR UPDATE SKIP LOCKED
            ));
            CONTINUE WHEN NOT FOUND;
            PERFORM notifications_write(run.id, 'recovery', ARRAY(
                SELECT subscription.notification_template_id FROM notifications_subscription AS subscription
                WHERE subscription.event = 'recovery' AND (
                    subscription.unified_job_template_id = run.template
                    OR subscription.unified_job_template_id = (
                        SELECT project_id FROM jobs_jobtemplate WHERE template_id = run.template
                    )
                    OR subscription.organization_id = coalesce(
                        run.organization,
                        (SELECT organization_id FROM inventories_inventory WHERE id = run.updated_inventory)
                    )
                )
            ));
        ELSE
            UPDATE notifications_failing SET failed = greatest(failed, run.ended) WHERE id = ANY(ARRAY(
                SELECT id FROM notifications_failing
                WHERE unified_job_template_id = run.template
                FOR UPDATE SKIP LOCKED
            ));
            CONTINUE WHEN FOUND;
            INSERT INTO notifications_failing (unified_job_template_id, failed) VALUES (run.template, run.ended);
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;

CREATE TRIGGER notifications_note_turns AFTER UPDATE ON jobs_unifiedjob
REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION notifications_note_turns();
"""
DROP_OF_TURNS = """
DROP TRIGGER notifications_note_turns ON jobs_unifiedjob;
DROP FUNCTION notifications_note_turns();
"""


class Migration(migrations.Migration):
    replaces = [
        ("notifications", "0002_when_to_send"),
        ("notifications", "0003_told_by_the_database"),
        ("notifications", "0004_each_ending_is_told"),
        ("notifications", "0005_told_of_approvals"),
        ("notifications", "0006_told_of_recoveries"),
        ("notifications", "0007_failing_templates"),
    ]
    dependencies = [
        ("notifications", "0001_initial"),
        ("jobs", "0001_initial"),
        ("inventories", "0001_initial"),
        ("workflows", "0001_initial"),
    ]
    operations = [
        migrations.RunSQL(MAKE_OF_RUNS, DROP_OF_RUNS),
        migrations.RunSQL(MAKE_OF_APPROVALS, DROP_OF_APPROVALS),
        migrations.RunSQL(MAKE_OF_TURNS, DROP_OF_TURNS),
    ]
