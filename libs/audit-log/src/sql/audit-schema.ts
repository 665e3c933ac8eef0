/**
 * Tables of one log, for a numbered migration. Once landed, changes go into new migrations.
 *
 * An entry is staged by its effect's own transaction, without any index or lock to wait for, and later moved by the
 * integrator into its place in the tree.
 */
export const auditSchemaSql = `
CREATE TABLE audit_staging (
  -- Taken when the row is written, so an entry written after another transaction's commit has a larger number than that one's
  -- entries. CACHE 1, since connections that take numbers ahead would break just this. Nor does a row's place tell: vacuum
  -- frees places further up.
  ordinal bigint GENERATED ALWAYS AS IDENTITY (CACHE 1),
  entry bytea NOT NULL,
  CONSTRAINT audit_staging_entry_size CHECK (octet_length(entry) BETWEEN 1 AND 8192)
)
-- Rows stay for less than a second. Vacuum by count, at once, keeps a drain from reading empty pages.
WITH (
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 5000,
  autovacuum_vacuum_cost_delay = 0
);

CREATE TABLE audit_entry (
  position bigint CONSTRAINT audit_entry_pk PRIMARY KEY,
  leaf_hash bytea NOT NULL,
  -- These bytes are what is hashed. bytea and not jsonb: jsonb would rewrite them.
  entry bytea NOT NULL,
  CONSTRAINT audit_entry_position CHECK (position >= 0),
  CONSTRAINT audit_entry_leaf_hash CHECK (octet_length(leaf_hash) = 32)
);

CREATE TABLE audit_checkpoint (
  size bigint CONSTRAINT audit_checkpoint_pk PRIMARY KEY,
  root bytea NOT NULL,
  note text NOT NULL,
  signed_at timestamptz NOT NULL,
  CONSTRAINT audit_checkpoint_size CHECK (size >= 0),
  CONSTRAINT audit_checkpoint_root CHECK (octet_length(root) = 32)
);

-- The one row that every integration locks: two integrators take turns, they can't fork the tree.
CREATE TABLE audit_head (
  id smallint CONSTRAINT audit_head_pk PRIMARY KEY DEFAULT 1,
  size bigint NOT NULL,
  frontier bytea NOT NULL,
  CONSTRAINT audit_head_one_row CHECK (id = 1)
);
INSERT INTO audit_head (size, frontier) VALUES (0, decode('0000000000000000', 'hex'));

-- Against mistakes and stolen app credentials. A superuser can take these triggers away; then the checkpoints tell.
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'IG002';
END $$;

CREATE FUNCTION audit_head_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.size < OLD.size OR (NEW.size = OLD.size AND NEW.frontier <> OLD.frontier) THEN
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'IG002';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_checkpoint_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checkpoint
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
-- The integrator deletes what it moves; nobody rewrites what waits.
CREATE TRIGGER audit_staging_as_written BEFORE UPDATE OR TRUNCATE ON audit_staging
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_head_stays BEFORE INSERT OR DELETE OR TRUNCATE ON audit_head
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_head_grows BEFORE UPDATE ON audit_head
  FOR EACH ROW EXECUTE FUNCTION audit_head_grows();

-- Otherwise a session that says session_replication_role = replica would pass by.
ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER audit_entry_append_only;
ALTER TABLE audit_checkpoint ENABLE ALWAYS TRIGGER audit_checkpoint_append_only;
ALTER TABLE audit_staging ENABLE ALWAYS TRIGGER audit_staging_as_written;
ALTER TABLE audit_head ENABLE ALWAYS TRIGGER audit_head_stays;
ALTER TABLE audit_head ENABLE ALWAYS TRIGGER audit_head_grows;
`;
