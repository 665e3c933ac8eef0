export const rotationSchemaSql = `
-- A new version of a domain's key takes the old one's place. Any process of the vault goes on with it, one at a time, from where
-- the last one stopped: each batch of rows commits with the cursor behind it.
CREATE TABLE rotation (
  rotation_id  bytea CONSTRAINT rotation_pk PRIMARY KEY CONSTRAINT rotation_id_length CHECK (octet_length(rotation_id) = 16),
  -- A domain of keys, or 'root'.
  domain       text NOT NULL,
  from_version integer NOT NULL,
  to_version   integer NOT NULL,
  -- Null of the root, which the keyring has.
  to_key       smallint CONSTRAINT rotation_to_key REFERENCES domain_key,
  why          text NOT NULL CONSTRAINT rotation_why CHECK (why IN ('age', 'uses', 'asked')),
  asked_by     text,
  state        text NOT NULL CONSTRAINT rotation_state
    CHECK (state IN ('arriving', 'handing-over', 'moving', 'waiting', 'done')),
  -- Since when the state is known to be committed: written by a later transaction than the one that began it.
  since        timestamptz,
  part         smallint NOT NULL DEFAULT 0,
  cursor       bytea,
  moved        bigint NOT NULL DEFAULT 0,
  total        bigint NOT NULL DEFAULT 0,
  -- Rows that only time, or their owner, takes from under the old version.
  waiting      bigint NOT NULL DEFAULT 0,
  started_at   timestamptz NOT NULL,
  finished_at  timestamptz,
  CONSTRAINT rotation_goes_up CHECK (to_version > from_version),
  CONSTRAINT rotation_finished CHECK ((state = 'done') = (finished_at IS NOT NULL))
);
CREATE UNIQUE INDEX rotation_one_running ON rotation (domain) WHERE state IN ('arriving', 'handing-over', 'moving');
CREATE INDEX rotation_of_domain ON rotation (domain, started_at);
-- What is known of the keyring's own key: it says which versions there are, not since when.
CREATE TABLE root_version (
  version      integer CONSTRAINT root_version_pk PRIMARY KEY,
  current_at   timestamptz NOT NULL,
  retired_at   timestamptz,
  destroyed_at timestamptz,
  CONSTRAINT root_version_in_order CHECK (destroyed_at IS NULL OR retired_at IS NOT NULL)
);
CREATE INDEX rotation_unfinished ON rotation (rotation_id) WHERE state <> 'done';
`;

export const keysHeldSql = `
-- When what waits is looked at again: looks cost, and take a small share of the time.
ALTER TABLE rotation
  ADD COLUMN look_after timestamptz,
  -- Among what waits are rows that were to be moved, and could not be.
  ADD COLUMN stuck boolean NOT NULL DEFAULT false;
-- Where rows are few, one under a version that is destroyed is refused. People, permits, evidence and tokens are left out: a look-up
-- for each row is what their foreign keys went for. Their rotation leaves such a row where it is, and counts it.
CREATE FUNCTION domain_key_is_there() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- A passkey has nothing that lies under a key.
  IF NEW.domain_key IS NOT NULL
     AND NOT EXISTS (SELECT FROM domain_key WHERE key_id = NEW.domain_key AND state <> 'destroyed' FOR KEY SHARE) THEN
    RAISE EXCEPTION 'a row under a key version that is destroyed' USING ERRCODE = 'IG006';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER model_key_under_a_key BEFORE INSERT OR UPDATE OF domain_key ON model_key
  FOR EACH ROW EXECUTE FUNCTION domain_key_is_there();
CREATE TRIGGER factor_under_a_key BEFORE INSERT OR UPDATE OF domain_key ON factor
  FOR EACH ROW EXECUTE FUNCTION domain_key_is_there();
CREATE TRIGGER factor_enrolment_under_a_key BEFORE INSERT OR UPDATE OF domain_key ON factor_enrolment
  FOR EACH ROW EXECUTE FUNCTION domain_key_is_there();
`;

export const rootEmptiedSql = `
-- Since when no key lies under this version that anything lies under. Backups from before need it: the horizon begins here, which
-- is later than when it was replaced where keys could not leave it for a while. Of versions from before this was noted it is
-- when it is seen next.
ALTER TABLE root_version
  ADD COLUMN emptied_at timestamptz,
  ADD CONSTRAINT root_version_emptied_retires CHECK (emptied_at IS NULL OR retired_at IS NOT NULL);
`;
