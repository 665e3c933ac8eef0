export const standingOptOutsSql = `
-- That somebody opted out, whatever it concerned then: what comes to be concerned later is stopped as well, unless they say yes to it.
CREATE TABLE opt_out (
  person_id bytea NOT NULL CONSTRAINT opt_out_person REFERENCES person ON DELETE CASCADE,
  kind      text NOT NULL CONSTRAINT opt_out_kind CHECK (kind IN ('sale-or-sharing', 'limit-use')),
  on_day    date NOT NULL,
  channel   text NOT NULL CONSTRAINT opt_out_channel CHECK (channel IN ('web', 'app', 'signal')),
  CONSTRAINT opt_out_pk PRIMARY KEY (person_id, kind)
);
`;
