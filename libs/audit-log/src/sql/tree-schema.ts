/** What makes proofs quick, and which keys have signed. Both follow from the entries and their checkpoints. */
export const auditTreeSchemaSql = `
-- Roots of whole subtrees of 256^level entries, the index-th one of its level. Not evidence: a wrong one makes
-- proofs that don't hold.
CREATE TABLE audit_node (
  level smallint NOT NULL,
  index bigint NOT NULL,
  hash bytea NOT NULL,
  CONSTRAINT audit_node_pk PRIMARY KEY (level, index),
  CONSTRAINT audit_node_place CHECK (level BETWEEN 1 AND 6 AND index >= 0),
  CONSTRAINT audit_node_hash CHECK (octet_length(hash) = 32)
);

-- The log's keys one after the other: the first from size 0, each other one from the checkpoint of this size on, which it
-- has signed together with the key before.
CREATE TABLE audit_key (
  vkey text CONSTRAINT audit_key_pk PRIMARY KEY,
  from_size bigint NOT NULL CONSTRAINT audit_key_from_size UNIQUE CHECK (from_size >= 0)
);

CREATE TRIGGER audit_node_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_node
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_key_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_key
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
ALTER TABLE audit_node ENABLE ALWAYS TRIGGER audit_node_append_only;
ALTER TABLE audit_key ENABLE ALWAYS TRIGGER audit_key_append_only;
`;
