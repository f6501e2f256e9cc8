-- When a job that is parked behind the head of its line is due by itself; null: by run_at.
ALTER TABLE jobs ADD COLUMN due_at timestamptz;
