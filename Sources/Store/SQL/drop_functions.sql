-- Clears the ground for the functions of this build: every function, row type and view of ours goes. What belongs to an
-- extension stays, and so does all that holds data: no table, index or default may depend on any of these.
DO $$
DECLARE
    r record;
BEGIN
    FOR r IN
        SELECT p.oid::regprocedure AS name FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace
            AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                AND d.deptype = 'e')
    LOOP
        EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', r.name);
    END LOOP;
    FOR r IN
        SELECT c.oid::regclass AS name, c.relkind FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('v', 'c')
            AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                AND d.deptype = 'e')
            AND NOT EXISTS (SELECT 1 FROM pg_depend d JOIN pg_type t ON t.oid = d.objid
                WHERE d.classid = 'pg_type'::regclass AND d.deptype = 'e' AND t.typrelid = c.oid)
    LOOP
        IF r.relkind = 'v' THEN
            EXECUTE format('DROP VIEW IF EXISTS %s CASCADE', r.name);
        ELSE
            EXECUTE format('DROP TYPE IF EXISTS %s CASCADE', r.name);
        END IF;
    END LOOP;
END $$;
