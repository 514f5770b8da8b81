"""A run that is replayed begins and ends again, and both are told again: a row for each, not one for each run.

That a retry is no beginning is seen by `started`, which stands from a run's first attempt until it is replayed.
"""

from django.db import migrations

TRIGGER = """
DROP TRIGGER notifications_note_run ON jobs_unifiedjob;
-- A run that was canceled before it began tells nobody.
CREATE TRIGGER notifications_note_run AFTER UPDATE OF status ON jobs_unifiedjob FOR EACH ROW
WHEN (
    OLD.status IS DISTINCT FROM NEW.status AND NEW.kind <> 'workflow_approval'
    AND ({began}
         OR NEW.status IN ('successful', 'failed', 'error')
         OR (NEW.status = 'canceled' AND NEW.started IS NOT NULL))
)
EXECUTE FUNCTION notifications_note_run();
"""


class Migration(migrations.Migration):
    dependencies = [("notifications", "0003_told_by_the_database")]
    operations = [
        migrations.RunSQL(
            TRIGGER.format(began="(NEW.status = 'running' AND OLD.started IS NULL)"),
            TRIGGER.format(began="NEW.status = 'running'"),
        ),
        migrations.RemoveConstraint(model_name="notification", name="notification_once"),
    ]
