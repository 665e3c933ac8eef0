export const consentImportsSchemaSql = `
CREATE TABLE consent_import (
  import_id   bytea CONSTRAINT consent_import_pk PRIMARY KEY CONSTRAINT consent_import_id_length CHECK (octet_length(import_id) = 16),
  client_id   text NOT NULL,
  received_on date NOT NULL DEFAULT current_date
);

-- A consent that was given elsewhere before, with what proves it: under the person's own key, and gone with them. Never changed
-- where all goes well: what still has to be done stands in a row of its own, which is small, and goes.
CREATE TABLE consent_record (
  -- No foreign key: it would cost a look-up a row.
  import_id bytea NOT NULL,
  -- Place in the request.
  at        smallint NOT NULL,
  person_id bytea NOT NULL CONSTRAINT consent_record_person REFERENCES person ON DELETE CASCADE,
  purpose   text NOT NULL,
  notice    bytea NOT NULL CONSTRAINT consent_record_notice CHECK (octet_length(notice) = 32),
  given_on  date NOT NULL,
  evidence  bytea,
  -- Why it gives no leave. Then there is nothing to prove.
  refused   text,
  CONSTRAINT consent_record_pk PRIMARY KEY (import_id, at),
  CONSTRAINT consent_record_proves CHECK ((refused IS NULL) = (evidence IS NOT NULL))
);
CREATE INDEX consent_record_of_person ON consent_record (person_id);

-- One that the data plane has not opened yet.
CREATE TABLE imported_opening (
  -- The gate's name in the data plane, random from the start: what is done twice under it is done once.
  gate_id   bytea NOT NULL CONSTRAINT imported_opening_gate_length CHECK (octet_length(gate_id) = 16),
  purpose   text NOT NULL,
  person_id bytea NOT NULL,
  notice    bytea NOT NULL,
  given_on  date NOT NULL,
  import_id bytea NOT NULL,
  at        smallint NOT NULL,
  -- The data plane asks for one purpose at a time, in the order of the names, which is none.
  CONSTRAINT imported_opening_pk PRIMARY KEY (purpose, gate_id),
  CONSTRAINT imported_opening_once UNIQUE (person_id, purpose)
);

-- When a permit of somebody who is there still came to its end. The permit itself forgets whose it was; without this a list of
-- before, sent once more, would undo what was taken back here.
CREATE TABLE permit_ended (
  person_id bytea NOT NULL,
  purpose   text NOT NULL,
  ended_on  date NOT NULL DEFAULT current_date,
  CONSTRAINT permit_ended_pk PRIMARY KEY (person_id, purpose)
);
CREATE FUNCTION permit_end_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO permit_ended (person_id, purpose) VALUES (OLD.person_id, OLD.purpose)
    ON CONFLICT (person_id, purpose) DO UPDATE SET ended_on = current_date;
  RETURN NULL;
END $$;
CREATE TRIGGER permit_end_is_kept AFTER UPDATE OF state ON permit
  FOR EACH ROW WHEN (NEW.state = 'destroyed' AND OLD.person_id IS NOT NULL) EXECUTE FUNCTION permit_end_is_kept();

-- In place of foreign keys: one of a permit's end would lock the person behind the permit, and an erasure locks them the other way
-- round. Nothing is written here of somebody whose erasure has begun but what that waits for.
CREATE FUNCTION imports_go_with_the_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM imported_opening WHERE person_id = OLD.person_id;
  DELETE FROM permit_ended WHERE person_id = OLD.person_id;
  RETURN NULL;
END $$;
CREATE TRIGGER imports_go_with_the_person AFTER DELETE ON person
  FOR EACH ROW EXECUTE FUNCTION imports_go_with_the_person();
`;

export const endsByFreezingSql = `
-- When it was taken back, or ran out: what is collected is kept for a while after that, and a permit's end is not a person's no.
ALTER TABLE permit
  ADD COLUMN frozen_on date,
  ADD CONSTRAINT permit_frozen_on CHECK (frozen_on IS NULL OR state = 'frozen');
CREATE FUNCTION permit_freezes_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- A later message about one that is frozen moves nothing.
  NEW.frozen_on := CASE WHEN NEW.state <> 'frozen' THEN NULL WHEN OLD.state = 'frozen' THEN OLD.frozen_on ELSE current_date END;
  RETURN NEW;
END $$;
CREATE TRIGGER permit_freezes_on BEFORE UPDATE OF state ON permit FOR EACH ROW EXECUTE FUNCTION permit_freezes_on();

-- Of those that were frozen before this was written down the day of their end is the nearest that is known.
CREATE OR REPLACE FUNCTION permit_end_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO permit_ended (person_id, purpose, ended_on)
    VALUES (OLD.person_id, OLD.purpose, coalesce(OLD.frozen_on, current_date))
    ON CONFLICT (person_id, purpose) DO UPDATE SET ended_on = excluded.ended_on;
  RETURN NULL;
END $$;
`;
