-- Takes the ledger's guard away, to see that an ordeal notices: one advance of a schedule in ten is forgotten, and the
-- same occurrence does not meet its own row when it comes again.
CREATE FUNCTION forget_some() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF random() < 0.1 THEN RETURN NULL; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER forget_some BEFORE UPDATE OF next_run ON schedules_schedule FOR EACH ROW EXECUTE FUNCTION forget_some();
CREATE FUNCTION never_the_same() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE schedules_occurrence SET scheduled_for = scheduled_for + random() * interval '0.9 seconds' WHERE id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER never_the_same AFTER INSERT ON schedules_occurrence FOR EACH ROW EXECUTE FUNCTION never_the_same();
