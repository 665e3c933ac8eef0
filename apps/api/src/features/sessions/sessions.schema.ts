export const sessionsSchemaSql = `
-- What a session knows is sealed under a key that only its cookie holds.
CREATE TABLE api_session (
  session_digest bytea CONSTRAINT api_session_pk PRIMARY KEY,
  -- The session's pseudonym, so that the vault can end it without knowing the cookie.
  session        bytea NOT NULL CONSTRAINT api_session_pseudonym UNIQUE,
  sealed         bytea NOT NULL,
  expires_on     date NOT NULL
);
`;

export const sessionsIdleSql = `
-- When the session was last used, to the minute, sealed like the rest: beside the audit log's times it would say which purposes are used
-- in one session. Those from before have none, and so are over.
ALTER TABLE api_session ADD COLUMN used bytea;
`;
