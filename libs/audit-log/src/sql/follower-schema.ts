/** How far each reader of the log that works in the background has come. */
export const auditFollowerSchemaSql = `
CREATE TABLE audit_follower (
  name text CONSTRAINT audit_follower_pk PRIMARY KEY,
  -- Everything before this position is done.
  position bigint NOT NULL CONSTRAINT audit_follower_position CHECK (position >= 0),
  -- Of several processes one works at a time: whoever holds the lease.
  holder uuid,
  leased_until timestamptz,
  -- Since when it fails, and how often it has; null while all is well.
  failing_since timestamptz,
  failures integer NOT NULL DEFAULT 0
);
`;
