export const lettersSchemaSql = `
CREATE TABLE letter (
  -- In its Message-ID, and so known to mail servers. Whoever asked for the letter isn't told it.
  letter_id       bytea CONSTRAINT letter_pk PRIMARY KEY CONSTRAINT letter_id_length CHECK (octet_length(letter_id) = 16),
  -- The data plane's name for it: asked for twice, it is one letter.
  key             bytea NOT NULL CONSTRAINT letter_key UNIQUE CONSTRAINT letter_key_length CHECK (octet_length(key) = 16),
  person_id       bytea NOT NULL CONSTRAINT letter_person REFERENCES person ON DELETE CASCADE,
  template        text NOT NULL,
  -- The day that it speaks of, where its template has one.
  on_day          date,
  language        text NOT NULL,
  state           text NOT NULL DEFAULT 'queued' CONSTRAINT letter_state CHECK (state IN ('queued', 'sent', 'bounced', 'failed')),
  -- Names the claim, too: a sender whose lease ran out changes nothing any more.
  attempts        integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  asked_on        date NOT NULL DEFAULT current_date,
  -- Digest of the email that it went to, under the person's own key: see person.undeliverable.
  sent_to         bytea
);
CREATE INDEX letter_due ON letter (next_attempt_at) WHERE state = 'queued';
CREATE INDEX letter_over ON letter (asked_on) WHERE state <> 'queued';
CREATE INDEX letter_of_person ON letter (person_id);
`;
