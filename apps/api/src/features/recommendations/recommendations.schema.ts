export const recommendationsSchemaSql = `
CREATE TABLE preference_event (
  pseudonym bytea NOT NULL,
  -- Keyed digest of the sender's id: ids of some kinds tell the time.
  event_id  bytea NOT NULL,
  sealed    bytea NOT NULL,
  CONSTRAINT preference_event_pk PRIMARY KEY (pseudonym, event_id)
);
CREATE TRIGGER preference_event_needs_open_gate BEFORE INSERT OR UPDATE ON preference_event
  FOR EACH ROW EXECUTE FUNCTION require_open_gate('recommendation');

-- The one live model. It is learned from people's histories and so is personal data: sealed under a key of its own that
-- the vault keeps and destroys when the next model takes its place, so that no copy of an older one can be opened.
CREATE TABLE model_snapshot (
  only_row   boolean CONSTRAINT model_snapshot_pk PRIMARY KEY CONSTRAINT model_snapshot_one CHECK (only_row),
  version    integer NOT NULL,
  model_key  bytea NOT NULL,
  -- Of what it was trained on: the same again needs no training.
  trained_on bytea NOT NULL,
  sealed     bytea NOT NULL
);
`;
