export const sessionsSchemaSql = `
-- A sign-in at a provider and all that came of it, on both planes: with this row they all end.
CREATE TABLE sign_in (
  sign_in          bytea CONSTRAINT sign_in_pk PRIMARY KEY,
  person_id        bytea CONSTRAINT sign_in_person REFERENCES person ON DELETE CASCADE,
  staff            bytea CONSTRAINT sign_in_staff REFERENCES staff ON DELETE CASCADE,
  -- The provider's short name, and digests of what it names: it can end its own.
  provider         text NOT NULL,
  account          bytea NOT NULL,
  provider_session bytea,
  -- One of a few words, for its owner to know it by.
  device           text NOT NULL,
  began_at         timestamptz NOT NULL DEFAULT now(),
  expires_at       timestamptz NOT NULL,
  CONSTRAINT sign_in_one_kind CHECK ((person_id IS NULL) <> (staff IS NULL))
);
CREATE INDEX sign_in_of_person ON sign_in (person_id);
CREATE INDEX sign_in_of_staff ON sign_in (staff);
CREATE INDEX sign_in_of_account ON sign_in (account);
CREATE INDEX sign_in_of_provider_session ON sign_in (provider_session);

-- Those from before belong to none, and so let nobody in any more: everybody signs in once again.
ALTER TABLE vault_session
  ADD COLUMN sign_in bytea CONSTRAINT vault_session_sign_in REFERENCES sign_in ON DELETE CASCADE,
  ADD COLUMN used_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX vault_session_of_sign_in ON vault_session (sign_in);
ALTER TABLE api_session
  ADD COLUMN sign_in bytea CONSTRAINT api_session_sign_in REFERENCES sign_in ON DELETE CASCADE,
  ADD COLUMN began_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX api_session_of_sign_in ON api_session (sign_in);

-- Sessions that the data plane has still to end.
CREATE TABLE session_ending (
  session  bytea CONSTRAINT session_ending_pk PRIMARY KEY,
  -- A person or an account of staff, to wait for all of theirs together; no key of either, who may be gone.
  owner    bytea,
  asked_at timestamptz NOT NULL DEFAULT now()
);

-- An hour later than it could, since the data plane goes by its own clock.
-- Here, and not in a service: whatever deletes the row (a sign-out, a dismissal, an erasure), the data plane hears of it.
CREATE FUNCTION end_api_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO session_ending (session, owner) VALUES (OLD.session, coalesce(OLD.person_id, OLD.staff))
    ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER api_session_ended AFTER DELETE ON api_session
  FOR EACH ROW WHEN (OLD.expires_at > now() - interval '1 hour') EXECUTE FUNCTION end_api_session();
INSERT INTO session_ending (session) SELECT session FROM api_session WHERE expires_at > now();
CREATE INDEX session_ending_of_owner ON session_ending (owner);

-- A session of the data plane carries the roles that its owner had when it began.
CREATE FUNCTION end_staff_sign_ins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM sign_in WHERE staff = OLD.account;
  RETURN NULL;
END $$;
CREATE TRIGGER staff_sign_ins_end AFTER UPDATE OF roles ON staff
  FOR EACH ROW WHEN (OLD.roles IS DISTINCT FROM NEW.roles) EXECUTE FUNCTION end_staff_sign_ins();
`;
