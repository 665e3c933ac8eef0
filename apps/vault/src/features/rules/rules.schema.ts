import { FIRST_RULES, FIRST_RULES_DIGEST } from './first-rules.js';

export const rulesSchemaSql = `
-- Stored rules and reveal policies, version by version. What one says never changes; which one is in force does.
CREATE TABLE rule_version (
  version    integer CONSTRAINT rule_version_pk PRIMARY KEY CONSTRAINT rule_version_positive CHECK (version > 0),
  -- The text itself, not jsonb: it is agreed to by the digest of its bytes.
  document   text NOT NULL,
  digest     bytea NOT NULL CONSTRAINT rule_version_once UNIQUE
    CONSTRAINT rule_version_digest CHECK (digest = sha256(convert_to(document, 'UTF8'))),
  rules      integer NOT NULL,
  reveals    integer NOT NULL,
  -- Whoever drafted it, by the digest of their account; null for the platform's own first one.
  author     bytea,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- When it came into force for the first time.
  enacted_at timestamptz
);

CREATE FUNCTION rule_version_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a version of the rules does not change';
END $$;
CREATE TRIGGER rule_version_stays BEFORE UPDATE ON rule_version
  FOR EACH ROW WHEN ((OLD.version, OLD.document, OLD.digest, OLD.author, OLD.created_at)
    IS DISTINCT FROM (NEW.version, NEW.document, NEW.digest, NEW.author, NEW.created_at))
  EXECUTE FUNCTION rule_version_stays();

CREATE TABLE rule_in_force (
  one     boolean NOT NULL DEFAULT true CONSTRAINT rule_in_force_pk PRIMARY KEY CONSTRAINT rule_in_force_one CHECK (one),
  version integer NOT NULL CONSTRAINT rule_in_force_version REFERENCES rule_version,
  since   timestamptz NOT NULL DEFAULT now()
);

INSERT INTO rule_version (version, document, digest, rules, reveals, enacted_at)
  VALUES (1, '${FIRST_RULES}', '\\x${FIRST_RULES_DIGEST}', 0, 3, now());
INSERT INTO rule_in_force (version) VALUES (1);
`;

export const regionsSchemaSql = `
-- Where a person lives, as far as rules ask, and whom a member of staff looks after: ISO 3166. It stands in the clear, to be
-- filtered by, and says no more than a country or a part of one.
ALTER TABLE person ADD COLUMN region text
  CONSTRAINT person_region CHECK (region ~ '^[A-Z]{2}(-[A-Z0-9]{1,3})?$');
ALTER TABLE staff ADD COLUMN regions text[] NOT NULL DEFAULT '{}';
`;

export const enactedRulesKeptSql = `
-- What was ever in force stays, and when it first was: entries of the audit log name it by its digest. A draft may go.
CREATE OR REPLACE FUNCTION rule_version_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a version of the rules does not change, and is kept once it was in force' USING ERRCODE = '23000';
END $$;
CREATE OR REPLACE TRIGGER rule_version_stays BEFORE UPDATE ON rule_version
  FOR EACH ROW WHEN (
    (OLD.version, OLD.document, OLD.digest, OLD.rules, OLD.reveals, OLD.author, OLD.created_at)
      IS DISTINCT FROM (NEW.version, NEW.document, NEW.digest, NEW.rules, NEW.reveals, NEW.author, NEW.created_at)
    OR (OLD.enacted_at IS NOT NULL AND OLD.enacted_at IS DISTINCT FROM NEW.enacted_at))
  EXECUTE FUNCTION rule_version_stays();
CREATE TRIGGER rule_version_is_kept BEFORE DELETE ON rule_version
  FOR EACH ROW WHEN (OLD.enacted_at IS NOT NULL) EXECUTE FUNCTION rule_version_stays();
CREATE TRIGGER rule_version_is_not_emptied BEFORE TRUNCATE ON rule_version EXECUTE FUNCTION rule_version_stays();
`;
