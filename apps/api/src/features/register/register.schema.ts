export const registerSchemaSql = `
-- What was declared, since when. Nothing of it is anybody's data.
CREATE TABLE register_version (
  version  integer CONSTRAINT register_version_pk PRIMARY KEY,
  hash     bytea NOT NULL CONSTRAINT register_version_hash CHECK (octet_length(hash) = 32),
  document text NOT NULL,
  since    date NOT NULL DEFAULT current_date
);

-- Texts that people agreed to, or could have: kept for ever, since consents name them.
CREATE TABLE notice (
  hash         bytea CONSTRAINT notice_pk PRIMARY KEY CONSTRAINT notice_hash CHECK (octet_length(hash) = 32),
  purpose      text NOT NULL,
  version      integer NOT NULL CONSTRAINT notice_version CHECK (version > 0),
  language     text NOT NULL,
  document     text NOT NULL,
  published_on date NOT NULL DEFAULT current_date,
  CONSTRAINT notice_is_one UNIQUE (purpose, version, language)
);

CREATE FUNCTION register_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'what was declared stays' USING ERRCODE = 'IG003';
END $$;
CREATE TRIGGER register_version_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON register_version
  FOR EACH STATEMENT EXECUTE FUNCTION register_is_final();
CREATE TRIGGER notice_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON notice
  FOR EACH STATEMENT EXECUTE FUNCTION register_is_final();
`;
