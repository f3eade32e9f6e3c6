-- What a job is about, and the lists of jobs.
ALTER TABLE jobs ADD COLUMN subject {{text}} NOT NULL DEFAULT '';
CREATE INDEX jobs_by_kind ON jobs (kind, dead, created_at, id);
CREATE INDEX jobs_by_subject ON jobs (kind, subject, dead, created_at, id);
CREATE INDEX jobs_by_lane ON jobs (kind, lane, run_at, id);
