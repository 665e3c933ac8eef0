#!/bin/sh
# Run by PostgreSQL's image when its data folder is made: the app's own role, which is no superuser, and a database that it owns.
set -eu
psql --no-psqlrc --set ON_ERROR_STOP=1 --set role="$APP_ROLE" --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\set password `cat "$APP_ROLE_PASSWORD_FILE"`
CREATE ROLE :"role" LOGIN NOSUPERUSER PASSWORD :'password';
CREATE DATABASE :"role" OWNER :"role";
REVOKE CONNECT, TEMPORARY ON DATABASE :"role" FROM PUBLIC;
SQL
