"""Which templates are failing is a row of its own, so that a replay, or a clean-up, does not take their failure away.

The first success deletes it and is told as a recovery. Of two that end at once one finds the row; the other passes over
it, as whatever is locked is passed over here: workers that end runs of the same templates never wait for one another.
"""

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models

# Runs that end by one statement count in the order of their ends. A plan that was made for one row serves all calls of
# a session: without nested loops it is as quick for a thousand.
MAKE = """
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
DROP = """
DROP TRIGGER notifications_note_turns ON jobs_unifiedjob;
DROP FUNCTION notifications_note_turns();
"""
# What there is already.
BEGIN = """
INSERT INTO notifications_failing (unified_job_template_id, failed)
SELECT template.id, latest.finished
FROM jobs_unifiedjobtemplate AS template
CROSS JOIN LATERAL (
    SELECT status, finished FROM jobs_unifiedjob
    WHERE unified_job_template_id = template.id AND finished IS NOT NULL
      AND status IN ('successful', 'failed', 'error') AND kind <> 'workflow_approval'
    ORDER BY finished DESC, id DESC
    LIMIT 1
) AS latest
WHERE latest.status <> 'successful'
"""
BEFORE = import_module("notifications.migrations.0006_told_of_recoveries")


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0029_lists_of_a_million"),
        ("notifications", "0006_told_of_recoveries"),
    ]
    operations = [
        migrations.CreateModel(
            name="Failing",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("failed", models.DateTimeField()),
                (
                    "unified_job_template",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="jobs.unifiedjobtemplate",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(BEFORE.DROP, BEFORE.MAKE),
        migrations.RunSQL(MAKE, DROP),
        migrations.RunSQL(BEGIN, migrations.RunSQL.noop),
    ]
