/** Witnesses' cosignatures on this log's checkpoints, for a numbered migration. */
export const auditAnchorSchemaSql = `
CREATE TABLE audit_cosignature (
  -- of the checkpoint. No foreign key: a cosignature stays evidence where the checkpoint was taken away.
  size bigint NOT NULL CONSTRAINT audit_cosignature_size CHECK (size >= 0),
  -- name of its key
  witness text NOT NULL CONSTRAINT audit_cosignature_witness CHECK (octet_length(witness) BETWEEN 1 AND 255),
  -- a note's signature line with its line end, verified before it was stored
  line text NOT NULL CONSTRAINT audit_cosignature_line CHECK (octet_length(line) BETWEEN 1 AND 1024),
  CONSTRAINT audit_cosignature_pk PRIMARY KEY (witness, size)
);
-- All of one checkpoint, and the newest of any witness.
CREATE INDEX audit_cosignature_by_size ON audit_cosignature (size);

CREATE TRIGGER audit_cosignature_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_cosignature
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
ALTER TABLE audit_cosignature ENABLE ALWAYS TRIGGER audit_cosignature_append_only;
`;
