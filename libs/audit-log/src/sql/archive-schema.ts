/**
 * Entries that have gone into the archive leave the database, their leaf hashes stay: proofs of them and of all that
 * comes later hold as before.
 */
export const auditArchiveSchemaSql = `
-- What has been archived: the entries before the size, and the checkpoint that is signed for exactly them.
CREATE TABLE audit_archive (
  size bigint CONSTRAINT audit_archive_pk PRIMARY KEY,
  root bytea NOT NULL,
  note text NOT NULL,
  archived_at timestamptz NOT NULL,
  CONSTRAINT audit_archive_size CHECK (size > 0 AND size % 256 = 0),
  CONSTRAINT audit_archive_root CHECK (octet_length(root) = 32)
);

-- The leaf hashes of an archived bundle of 256 entries.
CREATE TABLE audit_leaf_tile (
  index bigint CONSTRAINT audit_leaf_tile_pk PRIMARY KEY,
  hashes bytea NOT NULL,
  CONSTRAINT audit_leaf_tile_index CHECK (index >= 0),
  CONSTRAINT audit_leaf_tile_hashes CHECK (octet_length(hashes) = 8192)
);

-- Only what is signed, and what everybody who works on the entries has done with.
CREATE FUNCTION audit_archive_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.size <= (SELECT coalesce(max(size), 0) FROM audit_archive)
    OR NEW.size > (SELECT coalesce(max(size), 0) FROM audit_checkpoint)
    OR EXISTS (SELECT FROM audit_follower WHERE position < NEW.size)
  THEN
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'IG002';
  END IF;
  RETURN NEW;
END $$;

-- Entries go by whole bundles, archived ones, whose hashes are kept as they were.
CREATE FUNCTION audit_entry_archived() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM (
      SELECT position / 256 AS index, string_agg(leaf_hash, ''::bytea ORDER BY position) AS hashes FROM gone GROUP BY 1
    ) AS bundle
    LEFT JOIN audit_leaf_tile AS kept ON kept.index = bundle.index AND kept.hashes = bundle.hashes
    WHERE kept.index IS NULL OR (bundle.index + 1) * 256 > (SELECT coalesce(max(size), 0) FROM audit_archive)
  ) THEN
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'IG002';
  END IF;
  RETURN NULL;
END $$;

DROP TRIGGER audit_entry_append_only ON audit_entry;
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR TRUNCATE ON audit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_entry_archived AFTER DELETE ON audit_entry REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_archived();
CREATE TRIGGER audit_archive_grows BEFORE INSERT ON audit_archive
  FOR EACH ROW EXECUTE FUNCTION audit_archive_grows();
CREATE TRIGGER audit_archive_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_archive
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_leaf_tile_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_leaf_tile
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER audit_entry_append_only;
ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER audit_entry_archived;
ALTER TABLE audit_archive ENABLE ALWAYS TRIGGER audit_archive_grows;
ALTER TABLE audit_archive ENABLE ALWAYS TRIGGER audit_archive_append_only;
ALTER TABLE audit_leaf_tile ENABLE ALWAYS TRIGGER audit_leaf_tile_append_only;
`;
