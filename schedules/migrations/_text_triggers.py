"""The triggers that write the texts of schedules, as migrations change which columns these have."""


def triggers(columns: tuple[str, ...]) -> str:
    """Those of 0002_texts_of_schedules that write texts, for these columns."""
    names = ", ".join(columns)
    old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
    return f"""
    CREATE OR REPLACE FUNCTION schedules_note_texts() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO schedules_scheduletext (schedule_id, {names}) SELECT id, {names} FROM made;
        RETURN NULL;
    END
    $$;

    CREATE OR REPLACE FUNCTION schedules_note_changed_text() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE schedules_scheduletext SET ({names}) = ROW ({new}) WHERE schedule_id = NEW.id;
        RETURN NULL;
    END
    $$;

    DROP TRIGGER schedules_note_changed_text ON schedules_schedule;
    CREATE TRIGGER schedules_note_changed_text AFTER UPDATE OF {names} ON schedules_schedule FOR EACH ROW
    WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION schedules_note_changed_text();
    """  # noqa: S608 (only our own words are put in)
