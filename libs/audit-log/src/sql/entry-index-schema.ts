/**
 * What entries are found by. Derived from `audit_entry` and no evidence: whoever changes a row here hides an entry from a query, not from
 * the log. To rebuild it, delete its rows and set the position of the follower `index` to 0.
 *
 * Few columns and few indexes: each index costs every operation of the app 3 to 4 µs of PostgreSQL.
 */
export const auditIndexSchemaSql = `
CREATE TABLE audit_index (
  position bigint NOT NULL,
  -- By the app's clock, in milliseconds as the entry has it: what a cursor says must be exactly what stands here.
  at timestamptz(3) NOT NULL,
  -- COLLATE "C" throughout: bytes are compared, whatever the database's language.
  action text COLLATE "C" NOT NULL,
  outcome text COLLATE "C" NOT NULL,
  code text COLLATE "C",
  actor_kind text COLLATE "C" NOT NULL,
  actor text COLLATE "C" NOT NULL,
  -- The commitment in base64url, as in the entry: decoding it would cost more than its 11 bytes.
  subject text COLLATE "C",
  purpose text COLLATE "C",
  -- As in the entry, JSON. Not looked for, but what reports say.
  fields text COLLATE "C",
  reason_code text COLLATE "C",
  reason_reference text COLLATE "C",
  -- By time first, so that one index gives the order of pages and keeps an entry from being here twice.
  CONSTRAINT audit_index_pk PRIMARY KEY (at, position),
  -- PostgreSQL also takes 'infinity', and years that JavaScript has no date for.
  CONSTRAINT audit_index_at CHECK (at >= '1970-01-01Z' AND at < '9999-12-31Z')
);
CREATE INDEX audit_index_action ON audit_index (action, at, position);
CREATE INDEX audit_index_actor ON audit_index (actor, at, position);
CREATE INDEX audit_index_subject ON audit_index (subject, at, position) WHERE subject IS NOT NULL;
CREATE INDEX audit_index_purpose ON audit_index (purpose, at, position) WHERE purpose IS NOT NULL;
-- Refusals are few; what was done is found by time alone.
CREATE INDEX audit_index_refused ON audit_index (at, position) WHERE outcome = 'refused';
CREATE INDEX audit_index_code ON audit_index (code, at, position) WHERE code IS NOT NULL;
`;
