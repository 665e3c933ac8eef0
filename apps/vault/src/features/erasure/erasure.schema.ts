export const erasureSchemaSql = `
CREATE TABLE erasure (
  erasure_id     bytea CONSTRAINT erasure_pk PRIMARY KEY,
  -- Set until the keys are destroyed; then nothing here says who it was.
  person_id      bytea CONSTRAINT erasure_person REFERENCES person,
  claim          bytea NOT NULL,
  state          text NOT NULL CONSTRAINT erasure_state CHECK (state IN ('requested', 'keys-destroyed', 'completed')),
  gates          bytea[] NOT NULL DEFAULT '{}',
  sessions       bytea[] NOT NULL DEFAULT '{}',
  keys_destroyed integer NOT NULL DEFAULT 0,
  requested_on   date NOT NULL DEFAULT current_date,
  CONSTRAINT erasure_forgets CHECK ((state = 'requested') = (person_id IS NOT NULL))
);
CREATE UNIQUE INDEX erasure_one_running ON erasure (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX erasure_unfinished ON erasure (erasure_id) WHERE state <> 'completed';
`;

export const erasureKeysSchemaSql = `
-- Which versions of domain keys what was erased may have lain under. Once they, and all versions of the root key that they lay
-- under, are destroyed, no backup opens it any more. They say when, and nothing about whom.
ALTER TABLE erasure ADD COLUMN key_versions smallint[];
`;
