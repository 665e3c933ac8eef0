export const ingestSchemaSql = `
CREATE TABLE reading_chunk (
  pseudonym bytea NOT NULL,
  stream    text NOT NULL,
  on_day    date NOT NULL,
  chunk_id  bytea NOT NULL,
  -- Digest of the batch's content: the same batch id with other readings is a mistake, not a repetition.
  content   bytea NOT NULL,
  sealed    bytea NOT NULL,
  CONSTRAINT reading_chunk_pk PRIMARY KEY (pseudonym, stream, on_day, chunk_id)
);
CREATE TRIGGER reading_chunk_needs_open_gate BEFORE INSERT OR UPDATE ON reading_chunk
  FOR EACH ROW EXECUTE FUNCTION require_open_gate('ingest');
`;
