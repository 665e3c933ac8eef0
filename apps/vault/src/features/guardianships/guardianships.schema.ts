export const guardianshipsSchemaSql = `
CREATE TABLE guardianship (
  guardianship bytea CONSTRAINT guardianship_pk PRIMARY KEY
    CONSTRAINT guardianship_length CHECK (octet_length(guardianship) = 16),
  guardian_id  bytea NOT NULL CONSTRAINT guardianship_guardian REFERENCES person ON DELETE CASCADE,
  child_id     bytea NOT NULL CONSTRAINT guardianship_child REFERENCES person ON DELETE CASCADE,
  -- Which client recorded it, and alone can look it up and end it.
  client_id    text NOT NULL,
  purposes     text[] NOT NULL CONSTRAINT guardianship_purposes CHECK (cardinality(purposes) > 0),
  -- Under the child's key, and so erased with the child.
  evidence     bytea NOT NULL,
  -- From this day on the child agrees by itself.
  ends_on      date NOT NULL,
  state        text NOT NULL DEFAULT 'active' CONSTRAINT guardianship_state CHECK (state IN ('active', 'ended')),
  made_on      date NOT NULL DEFAULT current_date,
  CONSTRAINT guardianship_of_two CHECK (guardian_id <> child_id)
);
CREATE UNIQUE INDEX guardianship_one_active ON guardianship (guardian_id, child_id) WHERE state = 'active';
CREATE INDEX guardianship_of_child ON guardianship (child_id);
CREATE INDEX guardianship_of_guardian ON guardianship (guardian_id);
CREATE INDEX guardianship_ending ON guardianship (ends_on) WHERE state = 'active';

ALTER TABLE sign_in_code
  ADD COLUMN guardianship bytea CONSTRAINT sign_in_code_guardianship REFERENCES guardianship ON DELETE CASCADE;
ALTER TABLE api_session
  -- The session is of the child, its sign-in is of who answers for it.
  ADD COLUMN guardianship bytea CONSTRAINT api_session_guardianship REFERENCES guardianship ON DELETE CASCADE;
CREATE INDEX api_session_of_guardianship ON api_session (guardianship) WHERE guardianship IS NOT NULL;

ALTER TABLE permit
  -- Under which guardianship somebody agreed to it last.
  ADD COLUMN guardianship bytea CONSTRAINT permit_guardianship REFERENCES guardianship,
  -- That guardianship is over: the data plane has to end the consent.
  ADD COLUMN consent_ends boolean NOT NULL DEFAULT false,
  ADD CONSTRAINT permit_guarded_is_open CHECK (state = 'open' OR (guardianship IS NULL AND NOT consent_ends));
CREATE INDEX permit_of_guardianship ON permit (guardianship) WHERE guardianship IS NOT NULL;
CREATE INDEX permit_consent_ends ON permit (gate_id) WHERE consent_ends;

-- Here, and not in a service: whatever ends a guardianship (its day, a client, the erasure of who answers), the data plane hears of it.
CREATE FUNCTION end_guardianship() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM api_session WHERE guardianship = OLD.guardianship;
  UPDATE permit SET guardianship = NULL, consent_ends = true WHERE guardianship = OLD.guardianship;
  RETURN OLD;
END $$;
CREATE TRIGGER guardianship_ended AFTER UPDATE OF state ON guardianship
  FOR EACH ROW WHEN (OLD.state = 'active' AND NEW.state = 'ended') EXECUTE FUNCTION end_guardianship();
-- Before: the rows that refer to it go with it.
CREATE TRIGGER guardianship_gone BEFORE DELETE ON guardianship FOR EACH ROW EXECUTE FUNCTION end_guardianship();

CREATE FUNCTION guardianship_stays_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an ended guardianship stays ended' USING ERRCODE = 'IG004';
END $$;
CREATE TRIGGER guardianship_stays_ended BEFORE UPDATE OF state ON guardianship
  FOR EACH ROW WHEN (OLD.state = 'ended' AND NEW.state <> 'ended') EXECUTE FUNCTION guardianship_stays_ended();

-- Whoever signs out waits for the sessions that came of their sign-in, those of a child included; its erasure waits for all of its own.
CREATE OR REPLACE FUNCTION end_api_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO session_ending (session, owner) VALUES (OLD.session, coalesce(
    (SELECT g.guardian_id FROM guardianship g JOIN person c ON c.person_id = g.child_id
     WHERE g.guardianship = OLD.guardianship AND NOT c.erasing),
    OLD.person_id, OLD.staff)) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
`;

export const endingsListedSql = `
-- That the data plane was told, so that the audit log says it once and not each second.
ALTER TABLE permit ADD COLUMN ending_listed boolean NOT NULL DEFAULT false;

CREATE OR REPLACE FUNCTION end_guardianship() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM api_session WHERE guardianship = OLD.guardianship;
  UPDATE permit SET guardianship = NULL, consent_ends = true, ending_listed = false WHERE guardianship = OLD.guardianship;
  RETURN OLD;
END $$;
`;

export const heedlessGuardiansSql = `
-- Nothing goes on under the word of a client that is suspended or removed. Here, and not in a service: whoever says so (staff, the
-- registry file), the data plane hears of it. The guardianships stay until the client is removed: a suspension is lifted again.
CREATE FUNCTION end_sessions_of_guardians() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Whoever is just beginning a session holds the guardianship, and asks for the client behind that lock. In the order in which an
  -- erasure of who answers takes them.
  PERFORM FROM guardianship WHERE client_id = NEW.client_id AND state = 'active' ORDER BY child_id, guardianship FOR NO KEY UPDATE;
  DELETE FROM api_session s USING guardianship g WHERE s.guardianship = g.guardianship AND g.client_id = NEW.client_id;
  RETURN NULL;
END $$;
CREATE TRIGGER client_ends_guarded_sessions AFTER UPDATE OF suspended_at, removed ON client FOR EACH ROW
  WHEN ((OLD.suspended_at IS NULL AND NEW.suspended_at IS NOT NULL) OR (NOT OLD.removed AND NEW.removed))
  EXECUTE FUNCTION end_sessions_of_guardians();
DELETE FROM api_session s USING guardianship g, client c WHERE s.guardianship = g.guardianship AND c.client_id = g.client_id
  AND (c.removed OR c.suspended_at IS NOT NULL);

-- One for each client: whether another client recorded the same is nothing that a client is told.
DROP INDEX guardianship_one_active;
CREATE UNIQUE INDEX guardianship_one_active ON guardianship (guardian_id, child_id, client_id) WHERE state = 'active';
`;
