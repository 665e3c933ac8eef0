export const keysSchemaSql = `
-- Keys that wrap the keys of people and permits, and the key of the blind indexes. Each is itself wrapped by the keyring.
CREATE TABLE domain_key (
  key_id     smallint GENERATED ALWAYS AS IDENTITY CONSTRAINT domain_key_pk PRIMARY KEY,
  domain     text NOT NULL CONSTRAINT domain_key_domain CHECK (domain IN ('person', 'permit', 'index', 'session', 'model')),
  version    integer NOT NULL,
  wrapped    bytea NOT NULL,
  created_on date NOT NULL DEFAULT current_date,
  CONSTRAINT domain_key_version UNIQUE (domain, version)
);
`;

export const keyVersionsSql = `
ALTER TABLE domain_key
  DROP CONSTRAINT domain_key_domain,
  -- 'name' is for what keeps its name for good: the digests by which audit log and approvals know staff.
  ADD CONSTRAINT domain_key_domain CHECK (
    domain IN ('person', 'permit', 'index', 'session', 'model', 'evidence', 'factor', 'token', 'format', 'name')),
  ADD COLUMN state text NOT NULL DEFAULT 'current'
    CONSTRAINT domain_key_state CHECK (state IN ('arriving', 'current', 'retiring', 'destroyed')),
  -- How many sealings under this key processes have reserved: never less than there were. The end is that of random IVs
  -- (NIST SP 800-38D, 8.3).
  ADD COLUMN uses bigint NOT NULL DEFAULT 0
    CONSTRAINT domain_key_uses CHECK (uses BETWEEN 0 AND 4294967296),
  -- Each version of the root key that it lay under: copies of this row made meanwhile are opened by that one.
  ADD COLUMN roots integer[] NOT NULL DEFAULT '{}',
  ADD COLUMN current_at timestamptz DEFAULT clock_timestamp(),
  ADD COLUMN retired_at timestamptz,
  -- When nothing lay under it any more.
  ADD COLUMN emptied_at timestamptz,
  ADD COLUMN destroyed_at timestamptz,
  ALTER COLUMN wrapped DROP NOT NULL,
  ADD CONSTRAINT domain_key_destroyed_is_gone CHECK (
    (state = 'destroyed') = (wrapped IS NULL) AND (state = 'destroyed') = (destroyed_at IS NOT NULL)),
  ADD CONSTRAINT domain_key_emptied_retires CHECK (emptied_at IS NULL OR state IN ('retiring', 'destroyed'));
-- What was sealed under these nobody has counted: half of what is allowed before a new version. They count as new: by the time
-- that they are old no process from before runs any more, which would take an arriving version for the current one.
UPDATE domain_key SET uses = 1073741824;
CREATE UNIQUE INDEX domain_key_one_current ON domain_key (domain) WHERE state = 'current';
CREATE UNIQUE INDEX domain_key_one_arriving ON domain_key (domain) WHERE state = 'arriving';

CREATE FUNCTION domain_key_moves_forward() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  states CONSTANT text[] := ARRAY['arriving', 'current', 'retiring', 'destroyed'];
BEGIN
  IF OLD.state = 'destroyed' OR array_position(states, NEW.state) < array_position(states, OLD.state)
     OR (NEW.state = 'destroyed' AND OLD.state <> 'retiring') THEN
    RAISE EXCEPTION 'a key version only moves forward' USING ERRCODE = 'IG006';
  END IF;
  IF NEW.uses < OLD.uses OR NOT NEW.roots @> OLD.roots THEN
    RAISE EXCEPTION 'what is known of a key version is not forgotten' USING ERRCODE = 'IG006';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER domain_key_moves_forward BEFORE UPDATE ON domain_key
  FOR EACH ROW EXECUTE FUNCTION domain_key_moves_forward();
CREATE FUNCTION domain_key_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a key version is kept, with its dates' USING ERRCODE = 'IG006';
END $$;
CREATE TRIGGER domain_key_is_kept BEFORE DELETE ON domain_key
  FOR EACH ROW EXECUTE FUNCTION domain_key_is_kept();
`;

export const keysUncheckedSql = `
-- Of what there is for each person, as of tokens, no foreign key to the version that it lies under. It cost a look-up and a lock of
-- the version's row for each row that is written, by enrolments and most of all by a rotation, which writes all of them. What it
-- would refuse can't come: rows name versions that their process has read, versions are never deleted, and one is destroyed only a
-- day or more after a whole scan has found nothing under it, and after another one that finds what was late.
ALTER TABLE person DROP CONSTRAINT person_domain_key;
ALTER TABLE permit DROP CONSTRAINT permit_domain_key;
ALTER TABLE evidence DROP CONSTRAINT evidence_domain_key;
`;
