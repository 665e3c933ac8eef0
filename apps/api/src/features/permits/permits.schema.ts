export const permitsSchemaSql = `
CREATE TABLE permit_gate (
  gate_id      bytea CONSTRAINT permit_gate_pk PRIMARY KEY CONSTRAINT permit_gate_length CHECK (octet_length(gate_id) = 16),
  purpose      text NOT NULL,
  pseudonym    bytea CONSTRAINT permit_gate_pseudonym UNIQUE,
  state        text NOT NULL CONSTRAINT permit_gate_state CHECK (state IN ('opening', 'open', 'frozen', 'destroyed')),
  epoch        integer NOT NULL CONSTRAINT permit_gate_epoch CHECK (epoch > 0),
  -- Opens the audit log's commitments to this pseudonym; destroyed with the permit.
  subject_salt bytea,
  changed_on   date NOT NULL DEFAULT current_date,
  -- When frozen data is erased.
  due_on       date,
  CONSTRAINT permit_gate_open_is_whole CHECK (state <> 'open' OR (pseudonym IS NOT NULL AND subject_salt IS NOT NULL)),
  CONSTRAINT permit_gate_destroyed_is_empty CHECK (
    state <> 'destroyed' OR (subject_salt IS NULL AND pseudonym IS NULL)
  )
);
CREATE INDEX permit_gate_unsettled ON permit_gate (changed_on) WHERE state IN ('opening', 'frozen');

CREATE FUNCTION permit_gate_moves_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'destroyed' THEN
    RAISE EXCEPTION 'a destroyed gate stays destroyed' USING ERRCODE = 'IG004';
  END IF;
  IF NEW.epoch < OLD.epoch OR (NEW.state = 'opening' AND OLD.state <> 'opening' AND NEW.epoch = OLD.epoch) THEN
    RAISE EXCEPTION 'an epoch never falls, and every opening has its own' USING ERRCODE = 'IG004';
  END IF;
  IF NEW.state = 'open' AND OLD.state NOT IN ('opening', 'open') THEN
    RAISE EXCEPTION 'a gate opens only from opening' USING ERRCODE = 'IG004';
  END IF;
  IF NEW.state <> 'destroyed' AND OLD.pseudonym IS NOT NULL AND NEW.pseudonym IS DISTINCT FROM OLD.pseudonym THEN
    RAISE EXCEPTION 'a gate keeps its pseudonym' USING ERRCODE = 'IG004';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER permit_gate_moves_forward BEFORE UPDATE ON permit_gate
  FOR EACH ROW EXECUTE FUNCTION permit_gate_moves_forward();

-- The lock that makes consent a lock: every table with a permit's data has this trigger. It locks the gate before reading
-- it: a withdrawal that commits between a plain check and the insert would be answered by data nobody agreed to.
-- FOR SHARE conflicts with the withdrawal's UPDATE; FOR KEY SHARE, which a foreign key takes, does not.
CREATE FUNCTION require_open_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM permit_gate
    WHERE pseudonym = NEW.pseudonym AND purpose = TG_ARGV[0] AND state = 'open'
    FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the gate is not open' USING ERRCODE = 'IG001';
  END IF;
  RETURN NEW;
END $$;
`;

export const permitSubjectsSql = `
-- What the audit log says in the pseudonym's place. The vault makes it and keeps what opens it, so that this database can't.
ALTER TABLE permit_gate ADD COLUMN subject bytea;
UPDATE permit_gate SET subject = sha256(
    '\\x0300000018000000'::bytea || 'integument/commitment/v1'::bytea || '\\x10000000'::bytea || subject_salt
    || '\\x10000000'::bytea || pseudonym)
  WHERE pseudonym IS NOT NULL AND subject_salt IS NOT NULL;
ALTER TABLE permit_gate
  DROP CONSTRAINT permit_gate_open_is_whole,
  DROP CONSTRAINT permit_gate_destroyed_is_empty,
  DROP COLUMN subject_salt,
  ADD CONSTRAINT permit_gate_subject CHECK (octet_length(subject) = 32),
  ADD CONSTRAINT permit_gate_open_is_whole CHECK (state <> 'open' OR (pseudonym IS NOT NULL AND subject IS NOT NULL)),
  ADD CONSTRAINT permit_gate_destroyed_is_empty CHECK (
    state <> 'destroyed' OR (subject IS NULL AND pseudonym IS NULL)
  );
`;

export const foretoldSql = `
-- How many days before its end, or before its erasure, whoever is behind an open or a frozen gate was last written to.
ALTER TABLE permit_gate ADD COLUMN foretold smallint;
CREATE INDEX permit_gate_due ON permit_gate (due_on) WHERE state = 'frozen';
`;

export const keptNosSql = `
-- What was objected to is declined when its data is erased: the pseudonym goes, the gate with its events stays.
CREATE OR REPLACE FUNCTION permit_gate_moves_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'destroyed' THEN
    RAISE EXCEPTION 'a destroyed gate stays destroyed' USING ERRCODE = 'IG004';
  END IF;
  IF NEW.epoch < OLD.epoch OR (NEW.state = 'opening' AND OLD.state <> 'opening' AND NEW.epoch = OLD.epoch) THEN
    RAISE EXCEPTION 'an epoch never falls, and every opening has its own' USING ERRCODE = 'IG004';
  END IF;
  IF NEW.state = 'open' AND OLD.state NOT IN ('opening', 'open') THEN
    RAISE EXCEPTION 'a gate opens only from opening' USING ERRCODE = 'IG004';
  END IF;
  IF NEW.state = 'declined' AND OLD.state = 'open' THEN
    RAISE EXCEPTION 'an open gate is frozen before it is declined' USING ERRCODE = 'IG004';
  END IF;
  IF NEW.state NOT IN ('declined', 'destroyed') AND OLD.pseudonym IS NOT NULL
    AND NEW.pseudonym IS DISTINCT FROM OLD.pseudonym THEN
    RAISE EXCEPTION 'a gate keeps its pseudonym' USING ERRCODE = 'IG004';
  END IF;
  RETURN NEW;
END $$;
`;
