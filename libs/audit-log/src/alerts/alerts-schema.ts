/**
 * Rules that are looked for in the log, what has been counted for them so far, and what they have raised. The rules given
 * here are a beginning: an operator changes them by the routes. None of this is evidence; an alert is also an entry of the log.
 */
export const auditAlertsSchemaSql = `
CREATE TABLE audit_alert_rule (
  id text CONSTRAINT audit_alert_rule_pk PRIMARY KEY,
  title text NOT NULL,
  enabled boolean NOT NULL,
  definition jsonb NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now()
);

-- How far the rules have been evaluated. Moved in the transaction that also holds what they raised, so that an entry handled
-- twice counts once. The row is locked by whoever evaluates and whoever changes a rule.
CREATE TABLE audit_alert_progress (
  id smallint CONSTRAINT audit_alert_progress_pk PRIMARY KEY DEFAULT 1,
  position bigint NOT NULL,
  CONSTRAINT audit_alert_progress_one_row CHECK (id = 1)
);
INSERT INTO audit_alert_progress (position) VALUES (0);

CREATE TABLE audit_alert_state (
  rule text NOT NULL,
  group_key text NOT NULL,
  -- Times and positions of the entries that still count, [[ms, position], …]; no more than the rule's threshold.
  recent jsonb NOT NULL,
  -- Milliseconds since 1970: of the last alert, and when the row can be forgotten; null, never.
  raised bigint,
  expires bigint,
  CONSTRAINT audit_alert_state_pk PRIMARY KEY (rule, group_key)
);
CREATE INDEX audit_alert_state_expires ON audit_alert_state (expires) WHERE expires IS NOT NULL;

CREATE TABLE audit_alert (
  rule text NOT NULL,
  group_key text NOT NULL,
  at timestamptz NOT NULL,
  first_position bigint NOT NULL,
  last_position bigint NOT NULL,
  count integer NOT NULL,
  -- One entry raises one alert of a rule, however often it is looked at.
  CONSTRAINT audit_alert_pk PRIMARY KEY (last_position, rule, group_key)
);

INSERT INTO audit_alert_rule (id, title, enabled, definition) VALUES
  ('many-reveals', 'One actor revealed many values within an hour', true,
   '{"match": {"actions": ["people.reveal"], "outcome": "done"}, "groupBy": "actor",
     "when": {"kind": "count", "threshold": 20, "withinSeconds": 3600}, "coolDownSeconds": 3600}'),
  ('off-hours-reveals', 'Staff revealed values outside business hours', true,
   '{"match": {"actions": ["people.reveal"], "outcome": "done", "actorKinds": ["staff"]}, "groupBy": "actor",
     "when": {"kind": "off-hours", "timeZone": "UTC", "days": ["mon", "tue", "wed", "thu", "fri"], "from": "07:00", "to": "19:00"},
     "coolDownSeconds": 43200}'),
  ('refused-actor', 'One actor was refused again and again', true,
   '{"match": {"actions": ["*"], "outcome": "refused"}, "groupBy": "actor",
     "when": {"kind": "count", "threshold": 20, "withinSeconds": 300}, "coolDownSeconds": 3600}'),
  ('refused-overall', 'A burst of refusals', true,
   '{"match": {"actions": ["*"], "outcome": "refused"}, "groupBy": "none",
     "when": {"kind": "count", "threshold": 200, "withinSeconds": 300}, "coolDownSeconds": 3600}'),
  ('new-client', 'A client was seen for the first time', true,
   '{"match": {"actions": ["*"], "outcome": "done"}, "groupBy": "none",
     "when": {"kind": "first-seen", "of": "client", "learnSeconds": 86400}, "coolDownSeconds": 0}'),
  ('new-revealer', 'A staff member revealed a value for the first time', true,
   '{"match": {"actions": ["people.reveal"], "outcome": "done", "actorKinds": ["staff"]}, "groupBy": "none",
     "when": {"kind": "first-seen", "of": "actor", "learnSeconds": 86400}, "coolDownSeconds": 0}'),
  ('break-glass', 'Break-glass was used', true,
   '{"match": {"actions": ["*"], "reasons": ["break-glass"]}, "groupBy": "actor",
     "when": {"kind": "each"}, "coolDownSeconds": 0}'),
  ('log-exported', 'The audit log was exported', true,
   '{"match": {"actions": ["audit.export", "audit.stream"], "outcome": "done"}, "groupBy": "actor",
     "when": {"kind": "each"}, "coolDownSeconds": 3600}');
`;
