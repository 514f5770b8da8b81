"""What a run is late by is counted from when its schedule was to launch it: jitter is no lateness."""

from django.db import migrations, models

BY_THE_SLOT = """
CREATE OR REPLACE FUNCTION jobs_count_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH moved AS MATERIALIZED (
        SELECT before.status AS origin, after.status AS status, after.failure_reason AS reason,
               CASE WHEN before.started IS NULL AND after.started IS NOT NULL AND after.due_at IS NOT NULL
                     AND after.attempts_made <= 1
                    THEN greatest(extract(epoch FROM after.started - after.due_at), 0) END AS late
        FROM before JOIN after ON after.id = before.id
        WHERE before.status <> after.status
    )
    INSERT INTO observability_increment (name, labels, value)
    SELECT 'runs', jsonb_build_object('status', status), sum(value)
    FROM (SELECT origin AS status, -1 AS value FROM moved UNION ALL SELECT status, 1 FROM moved) AS change
    GROUP BY status HAVING sum(value) <> 0
    UNION ALL
    SELECT 'runs_ended', jsonb_build_object('status', status, 'reason', reason), count(*)
    FROM moved WHERE status IN ('successful', 'failed', 'error', 'canceled') GROUP BY status, reason
    UNION ALL
    SELECT 'lateness', jsonb_build_object('le', bucket), count(*)
    FROM (
        SELECT ('{0.1,0.25,0.5,1,2.5,5,10,30,60,300,900,3600,+Inf}'::text[])[
            width_bucket(late, '{0.1,0.25,0.5,1,2.5,5,10,30,60,300,900,3600}'::numeric[]) + 1
        ] AS bucket FROM moved WHERE late IS NOT NULL
    ) AS lateness
    GROUP BY bucket
    UNION ALL
    SELECT 'lateness_seconds', '{}'::jsonb, sum(late) FROM moved HAVING sum(late) IS NOT NULL;
    RETURN NULL;
END
$$;
"""
BY_THE_OCCURRENCE = """
CREATE OR REPLACE FUNCTION jobs_count_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH moved AS MATERIALIZED (
        SELECT before.status AS origin, after.status AS status, after.failure_reason AS reason,
               CASE WHEN before.started IS NULL AND after.started IS NOT NULL AND after.scheduled_for IS NOT NULL
                     AND after.launch_type = 'scheduled'
                     AND after.attempts_made <= 1
                    THEN greatest(extract(epoch FROM after.started - after.scheduled_for), 0) END AS late
        FROM before JOIN after ON after.id = before.id
        WHERE before.status <> after.status
    )
    INSERT INTO observability_increment (name, labels, value)
    SELECT 'runs', jsonb_build_object('status', status), sum(value)
    FROM (SELECT origin AS status, -1 AS value FROM moved UNION ALL SELECT status, 1 FROM moved) AS change
    GROUP BY status HAVING sum(value) <> 0
    UNION ALL
    SELECT 'runs_ended', jsonb_build_object('status', status, 'reason', reason), count(*)
    FROM moved WHERE status IN ('successful', 'failed', 'error', 'canceled') GROUP BY status, reason
    UNION ALL
    SELECT 'lateness', jsonb_build_object('le', bucket), count(*)
    FROM (
        SELECT ('{0.1,0.25,0.5,1,2.5,5,10,30,60,300,900,3600,+Inf}'::text[])[
            width_bucket(late, '{0.1,0.25,0.5,1,2.5,5,10,30,60,300,900,3600}'::numeric[]) + 1
        ] AS bucket FROM moved WHERE late IS NOT NULL
    ) AS lateness
    GROUP BY bucket
    UNION ALL
    SELECT 'lateness_seconds', '{}'::jsonb, sum(late) FROM moved HAVING sum(late) IS NOT NULL;
    RETURN NULL;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("jobs", "0024_dismissed_dead_letters")]
    operations = [
        migrations.AddField("unifiedjob", "due_at", models.DateTimeField(null=True)),
        migrations.RunSQL(BY_THE_SLOT, BY_THE_OCCURRENCE),
    ]
