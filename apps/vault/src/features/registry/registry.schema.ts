export const registrySchemaSql = `
-- A client is for identity or for health, never both: its server would join the two.
CREATE TABLE client (
  client_id       text CONSTRAINT client_pk PRIMARY KEY,
  use             text NOT NULL CONSTRAINT client_use CHECK (use IN ('identity', 'health')),
  reveal_purposes text[] NOT NULL DEFAULT '{}',
  purposes        text[] NOT NULL DEFAULT '{}',
  CONSTRAINT client_never_both CHECK (
    (use = 'identity' AND purposes = '{}') OR (use = 'health' AND reveal_purposes = '{}')
  )
);

CREATE TABLE staff (
  account bytea CONSTRAINT staff_pk PRIMARY KEY,
  roles   text[] NOT NULL CONSTRAINT staff_roles CHECK (cardinality(roles) > 0)
);
`;

export const registryProvesKeysSql = `
-- Of a client that has a key a token alone is refused, at either app.
ALTER TABLE client ADD COLUMN dpop boolean NOT NULL DEFAULT false;
`;

export const registryKeepsRemovedSql = `
-- A client that was taken out stays known by what it was for: under the same name it never comes back for the other use.
ALTER TABLE client ADD COLUMN removed boolean NOT NULL DEFAULT false;
`;

export const vouchingClientsSql = `
-- For what a client's word is taken. Nothing, until somebody says so: of those that there are, too.
ALTER TABLE client ADD COLUMN vouches_for text[] NOT NULL DEFAULT '{}'
  CONSTRAINT client_vouches CHECK (vouches_for <@ ARRAY['consents', 'guardianships'] AND (use = 'identity' OR vouches_for = '{}'));
`;

export const clientCredentialsSql = `
ALTER TABLE client
  -- The operator's file or the console: the file replaces its own rows at every start, the console changes its own.
  ADD COLUMN origin text NOT NULL DEFAULT 'file' CONSTRAINT client_origin CHECK (origin IN ('file', 'console')),
  -- Not the file's to say: a start of the vault lifts no suspension.
  ADD COLUMN suspended_at timestamptz;

-- By which client ids of the OpenID provider a client's tokens name it. A retired one stays: what was once one client's is never
-- another's, or an old token, and whoever still has the old secret, would become somebody else.
CREATE TABLE client_credential (
  credential text CONSTRAINT client_credential_pk PRIMARY KEY
    CONSTRAINT client_credential_text CHECK (credential ~ '^[A-Za-z0-9_-][A-Za-z0-9._:/-]{0,254}$'),
  client_id  text NOT NULL CONSTRAINT client_credential_of REFERENCES client,
  origin     text NOT NULL CONSTRAINT client_credential_origin CHECK (origin IN ('file', 'console')),
  not_before timestamptz NOT NULL DEFAULT now(),
  -- From here on it lets nobody in. Null: nobody has said so.
  not_after  timestamptz
);
CREATE INDEX client_credential_by_client ON client_credential (client_id);
-- Until now each client was known by its own id.
INSERT INTO client_credential (credential, client_id, origin, not_after)
  SELECT client_id, client_id, 'file', CASE WHEN removed THEN now() END FROM client;

-- In the database, so that no statement can make a client of one use into one of the other: not the console's, the file's, nor
-- an operator's own. Against one who drops triggers there is none.
CREATE FUNCTION client_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a client keeps its use, a credential its client, and both are kept' USING ERRCODE = '23000';
END $$;
CREATE TRIGGER client_keeps_its_use BEFORE UPDATE ON client
  FOR EACH ROW WHEN (OLD.use <> NEW.use OR OLD.client_id <> NEW.client_id) EXECUTE FUNCTION client_stays();
CREATE TRIGGER client_is_kept BEFORE DELETE ON client FOR EACH ROW EXECUTE FUNCTION client_stays();
CREATE TRIGGER client_is_not_emptied BEFORE TRUNCATE ON client EXECUTE FUNCTION client_stays();
CREATE TRIGGER client_credential_keeps_its_client BEFORE UPDATE ON client_credential
  FOR EACH ROW WHEN (OLD.client_id <> NEW.client_id OR OLD.credential <> NEW.credential)
  EXECUTE FUNCTION client_stays();
CREATE TRIGGER client_credential_is_kept BEFORE DELETE ON client_credential
  FOR EACH ROW EXECUTE FUNCTION client_stays();
CREATE TRIGGER client_credential_is_not_emptied BEFORE TRUNCATE ON client_credential
  EXECUTE FUNCTION client_stays();
`;
