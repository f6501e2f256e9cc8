#!/usr/bin/env bash
# Runs once, when the data folder is new: the nodes' role is no superuser, so PostGIS is made for it here.
set -euo pipefail

psql --set=ON_ERROR_STOP=1 --set=password="$POSTGRES_PASSWORD" --username=postgres --dbname=postgres <<'SQL'
CREATE ROLE lastmile LOGIN PASSWORD :'password';
CREATE DATABASE lastmile OWNER lastmile;
\connect lastmile
CREATE EXTENSION IF NOT EXISTS postgis;
SQL
