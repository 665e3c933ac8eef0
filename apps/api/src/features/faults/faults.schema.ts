export const faultsSchemaSql = `
CREATE TABLE fault_report (
  pseudonym bytea NOT NULL,
  report_id bytea NOT NULL,
  on_day    date NOT NULL DEFAULT current_date,
  sealed    bytea NOT NULL,
  CONSTRAINT fault_report_pk PRIMARY KEY (pseudonym, report_id)
);
CREATE INDEX fault_report_day ON fault_report (on_day);
CREATE TRIGGER fault_report_needs_open_gate BEFORE INSERT OR UPDATE ON fault_report
  FOR EACH ROW EXECUTE FUNCTION require_open_gate('fault-finding');

-- How often, of nobody: what is looked at to find a fault needs no permit, and stays when reports go.
CREATE TABLE fault_count (
  on_day  date NOT NULL,
  part    text NOT NULL,
  code    text NOT NULL,
  version text NOT NULL,
  reports integer NOT NULL,
  CONSTRAINT fault_count_pk PRIMARY KEY (on_day, part, code, version)
);
`;

export const faultsOfPeopleSql = `
-- Which faults a permit was last counted for, and when: somebody who reports one again and again is one of those who have it.
CREATE TABLE fault_counted (
  pseudonym bytea NOT NULL,
  -- Digest of part, code and version, under the permit's key.
  fault     bytea NOT NULL,
  on_day    date NOT NULL DEFAULT current_date,
  CONSTRAINT fault_counted_pk PRIMARY KEY (pseudonym, fault)
);
CREATE TRIGGER fault_counted_needs_open_gate BEFORE INSERT OR UPDATE ON fault_counted
  FOR EACH ROW EXECUTE FUNCTION require_open_gate('fault-finding');
-- What was counted before were reports, in words of the sender's own.
DELETE FROM fault_count;
COMMENT ON COLUMN fault_count.reports IS 'permits that reported it on this day, each once within the days that are shown';
`;
