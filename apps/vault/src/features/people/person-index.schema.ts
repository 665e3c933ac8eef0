export const personIndexSchemaSql = `
-- Coarse indexes that an operator declares. Under which declaration somebody's digests were made stands at the person: whoever was
-- enrolled or changed under another one, or none, is found by that, and theirs are made anew.
ALTER TABLE person ADD COLUMN search_plan smallint;

-- Which indexes there are: the newest row is in force. None of them while there are too few people for what they tell.
CREATE TABLE search_plan (
  plan_id     smallint GENERATED ALWAYS AS IDENTITY CONSTRAINT search_plan_pk PRIMARY KEY,
  -- What the operator's file says: a process with another file knows by it that its own is no longer in force.
  declaration text NOT NULL,
  indexes     smallint[] NOT NULL,
  enacted_at  timestamptz NOT NULL DEFAULT now(),
  -- When a process with this file was last there.
  seen_at     timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE search_index (
  index_id   smallint GENERATED ALWAYS AS IDENTITY CONSTRAINT search_index_pk PRIMARY KEY,
  -- Parts and bits: an index of another definition is another index.
  definition text NOT NULL CONSTRAINT search_index_once UNIQUE,
  -- Everybody is in it. Until then nobody is looked for by it.
  ready      boolean NOT NULL DEFAULT false
);

CREATE TABLE person_index (
  person_id bytea NOT NULL CONSTRAINT person_index_person REFERENCES person ON DELETE CASCADE,
  -- No foreign key: it would cost each enrolment a look-up, and what a row of an index that is gone would lead to is nobody's search.
  index_id  smallint NOT NULL,
  -- Which version of the index key made it.
  index_key smallint NOT NULL,
  -- As few bits as are declared, filled up with zeros: many people share each.
  digest    bytea NOT NULL CONSTRAINT person_index_short CHECK (octet_length(digest) BETWEEN 1 AND 3),
  CONSTRAINT person_index_pk PRIMARY KEY (person_id, index_id)
);
CREATE INDEX person_index_digest ON person_index (index_id, digest, index_key, person_id);
`;
