-- A person's sessions, for the newest of a lab and the time spent in all of them.
CREATE INDEX lab_sessions_person ON lab_sessions (person_id, lab);
