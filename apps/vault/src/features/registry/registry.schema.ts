export const registrySchemaSql = `
-- A client is for identity or for health, never both: its server would join the two.
CREATE TABLE client (
  client_id       text CONSTRAINT client_pk PRIMARY KEY,
  use             text NOT NULL CONSTRAINT client_use CHECK (use IN ('identity', 'health')),
  reveal_purposes text[] NOT NULL DEFAULT '{}',
  purposes        text[] NOT NULL DEFAULT '{}',
  CONSTRAINT client_never_both CHECK (
    (use = 'identity' AND purposes = '{}') OR (use = 'health' AND reveal_purposes = '{}')
  )
);

CREATE TABLE staff (
  account bytea CONSTRAINT staff_pk PRIMARY KEY,
  roles   text[] NOT NULL CONSTRAINT staff_roles CHECK (cardinality(roles) > 0)
);
`;

export const registryProvesKeysSql = `
-- Of a client that has a key a token alone is refused, at either app.
ALTER TABLE client ADD COLUMN dpop boolean NOT NULL DEFAULT false;
`;

export const registryKeepsRemovedSql = `
-- A client that was taken out stays known by what it was for: under the same name it never comes back for the other use.
ALTER TABLE client ADD COLUMN removed boolean NOT NULL DEFAULT false;
`;
