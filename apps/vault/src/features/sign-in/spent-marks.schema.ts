export const spentMarksSchemaSql = `
-- What was used and is good once: attempts to sign in, logout tokens. A row stays until what it stands for has expired.
CREATE TABLE sign_in_spent (
  -- SHA-256: says nothing of whose it was.
  mark       bytea CONSTRAINT sign_in_spent_pk PRIMARY KEY,
  expires_at timestamptz NOT NULL
);
`;
