export const cohortsSchemaSql = `
CREATE TABLE cohort_facts (
  pseudonym bytea CONSTRAINT cohort_facts_pk PRIMARY KEY,
  sealed    bytea NOT NULL
);
CREATE TRIGGER cohort_facts_need_open_gate BEFORE INSERT OR UPDATE ON cohort_facts
  FOR EACH ROW EXECUTE FUNCTION require_open_gate('analytics');

-- One row. How many questions were answered or refused on the last day that had any; not who asked, whom the audit log names.
CREATE TABLE cohort_budget (
  only_row boolean CONSTRAINT cohort_budget_pk PRIMARY KEY CONSTRAINT cohort_budget_one CHECK (only_row),
  on_day   date NOT NULL,
  asked    integer NOT NULL
);
INSERT INTO cohort_budget (only_row, on_day, asked) VALUES (true, current_date, 0);
`;
