export const standingOptOutsSql = `
-- That somebody opted out, whatever it concerned then: what comes to be concerned later is stopped as well, unless they say yes to it.
CREATE TABLE opt_out (
  person_id bytea NOT NULL CONSTRAINT opt_out_person REFERENCES person ON DELETE CASCADE,
  kind      text NOT NULL CONSTRAINT opt_out_kind CHECK (kind IN ('sale-or-sharing', 'limit-use')),
  on_day    date NOT NULL,
  channel   text NOT NULL CONSTRAINT opt_out_channel CHECK (channel IN ('web', 'app', 'signal')),
  CONSTRAINT opt_out_pk PRIMARY KEY (person_id, kind)
);
`;

export const optOutSessionsSql = `
-- Whose a session of the data plane is or was, for opt-outs that were made in it and are still on their way: it may end first. Of who is
-- erased it is known that there is nothing to keep, and no more.
CREATE TABLE opt_out_session (
  session    bytea CONSTRAINT opt_out_session_pk PRIMARY KEY,
  person_id  bytea CONSTRAINT opt_out_session_person REFERENCES person ON DELETE SET NULL,
  kept_until timestamptz NOT NULL
);
CREATE INDEX opt_out_session_of_person ON opt_out_session (person_id);

-- When it begins: however it ends, nothing has to be done, and nobody is waited for. Whoever answers for a child opts out of nothing for it.
CREATE FUNCTION remember_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO opt_out_session (session, person_id, kept_until)
    VALUES (NEW.session, NEW.person_id, NEW.expires_at + interval '7 days');
  RETURN NULL;
END $$;
CREATE TRIGGER api_session_remembered AFTER INSERT ON api_session
  FOR EACH ROW WHEN (NEW.person_id IS NOT NULL AND NEW.guardianship IS NULL) EXECUTE FUNCTION remember_session();
INSERT INTO opt_out_session (session, person_id, kept_until)
  SELECT session, person_id, expires_at + interval '7 days' FROM api_session
  WHERE person_id IS NOT NULL AND guardianship IS NULL;
`;
