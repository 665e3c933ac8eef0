export const staffSchemaSql = `
ALTER TABLE staff
  -- The operator's file or the console: the file replaces its own rows at every start, the console changes its own.
  ADD COLUMN origin text NOT NULL DEFAULT 'file' CONSTRAINT staff_origin CHECK (origin IN ('file', 'console')),
  -- Since when they have just these roles. What they asked for or agreed to before is not what they could do now.
  ADD COLUMN since timestamptz NOT NULL DEFAULT now();

-- In the database, so that no way to change a role can forget it: not the console, the file, nor an operator's own UPDATE.
CREATE FUNCTION staff_begins_anew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.since := clock_timestamp();
  RETURN NEW;
END $$;
CREATE TRIGGER staff_roles_changed BEFORE UPDATE ON staff
  FOR EACH ROW WHEN (OLD.roles IS DISTINCT FROM NEW.roles) EXECUTE FUNCTION staff_begins_anew();
`;
