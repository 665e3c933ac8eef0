export const modelKeysSchemaSql = `
CREATE TABLE model_key (
  model_key_id bytea CONSTRAINT model_key_pk PRIMARY KEY,
  domain_key   smallint NOT NULL CONSTRAINT model_key_domain_key REFERENCES domain_key,
  wrapped_key  bytea NOT NULL
);
`;
