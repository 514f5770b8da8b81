"""Runs and calls are counted in whatever transaction and by whatever statement they are made, moved and deleted.

One call of a trigger for each statement, however many rows it changes. What a run is late by is counted from when its
schedule was to launch it: jitter is no lateness.

A function's plan is made for the rows of its first call and serves all later ones of its session. By nested loops, which
are good for one row, a thousand take four tenths of a second; hence it has none.
"""

from django.db import migrations

MAKE = """
CREATE FUNCTION jobs_count_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO observability_increment (name, labels, value)
    SELECT 'runs', jsonb_build_object('status', status), count(*) FROM made GROUP BY status;
    RETURN NULL;
END
$$;

CREATE FUNCTION jobs_count_moved() RETURNS trigger LANGUAGE plpgsql SET enable_nestloop = off AS $$
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

CREATE FUNCTION jobs_count_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO observability_increment (name, labels, value)
    SELECT 'runs', jsonb_build_object('status', status), -count(*) FROM deleted GROUP BY status;
    RETURN NULL;
END
$$;

CREATE FUNCTION jobs_count_attempts() RETURNS trigger LANGUAGE plpgsql SET enable_nestloop = off AS $$
BEGIN
    INSERT INTO observability_increment (name, labels, value)
    SELECT 'attempts', jsonb_build_object('outcome', after.outcome), count(*)
    FROM before JOIN after ON after.id = before.id
    WHERE before.finished IS NULL AND after.finished IS NOT NULL
    GROUP BY after.outcome;
    RETURN NULL;
END
$$;

CREATE TRIGGER jobs_count_made AFTER INSERT ON jobs_unifiedjob
REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION jobs_count_made();

CREATE TRIGGER jobs_count_moved AFTER UPDATE ON jobs_unifiedjob
REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION jobs_count_moved();

CREATE TRIGGER jobs_count_deleted AFTER DELETE ON jobs_unifiedjob
REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION jobs_count_deleted();

CREATE TRIGGER jobs_count_attempts AFTER UPDATE ON jobs_attempt
REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION jobs_count_attempts();
"""

DROP = """
DROP TRIGGER jobs_count_made ON jobs_unifiedjob;
DROP TRIGGER jobs_count_moved ON jobs_unifiedjob;
DROP TRIGGER jobs_count_deleted ON jobs_unifiedjob;
DROP TRIGGER jobs_count_attempts ON jobs_attempt;
DROP FUNCTION jobs_count_made();
DROP FUNCTION jobs_count_moved();
DROP FUNCTION jobs_count_deleted();
DROP FUNCTION jobs_count_attempts();
DELETE FROM observability_increment WHERE name IN ('runs', 'runs_ended', 'attempts', 'lateness', 'lateness_seconds');
DELETE FROM observability_count WHERE name IN ('runs', 'runs_ended', 'attempts', 'lateness', 'lateness_seconds');
"""


class Migration(migrations.Migration):
    replaces = [
        ("jobs", "0002_roles"),
        ("jobs", "0003_labels"),
        ("jobs", "0004_project_catalogues"),
        ("jobs", "0005_credentials"),
        ("jobs", "0006_kinds_of_templates"),
        ("jobs", "0007_labels_of_inventories"),
        ("jobs", "0008_where_runs_go"),
        ("jobs", "0009_prompts_and_surveys"),
        ("jobs", "0010_system_jobs"),
        ("jobs", "0011_hosts_and_sources"),
        ("jobs", "0012_calls_of_hosts"),
        ("jobs", "0013_runs_of_workflows"),
        ("jobs", "0014_job_host_summaries"),
        ("jobs", "0015_webhooks"),
        ("jobs", "0016_runs_of_many_templates"),
        ("jobs", "0017_order_of_projects"),
        ("jobs", "0018_run_policies"),
        ("jobs", "0019_overlap_policies"),
        ("jobs", "0020_service_limits"),
        ("jobs", "0021_follow_redirects"),
        ("jobs", "0022_counted_by_the_database"),
        ("jobs", "0023_statistics"),
        ("jobs", "0024_dismissed_dead_letters"),
        ("jobs", "0025_late_by_the_slot"),
        ("jobs", "0026_history_limits"),
        ("jobs", "0027_sliced_jobs"),
        ("jobs", "0028_calls_to_hosts_count"),
        ("jobs", "0029_lists_of_a_million"),
        ("jobs", "0030_counting_many_rows"),
    ]
    dependencies = [("jobs", "0001_initial"), ("observability", "0001_initial")]
    operations = [migrations.RunSQL(MAKE, DROP)]
