-- The newest measured starts, from which the usual one is told on every look at a lab's page.
CREATE INDEX lab_sessions_ready ON lab_sessions (ready_at);
