-- What made a request: the learner, a change in the namespace, or that the namespace has settled after one.
ALTER TABLE grading_requests ADD COLUMN origin TEXT NOT NULL DEFAULT 'learner'
    CHECK (origin IN ('learner', 'change', 'settled'));

-- How far the checks are that run by themselves, one row for each session that had one or was graded.
CREATE TABLE grading_live (
    session_id  TEXT   NOT NULL PRIMARY KEY REFERENCES lab_sessions (id),
    -- Grows with each record of verdicts; a check writes its own only if none was written since it began.
    revision    BIGINT NOT NULL,
    -- When the session was last checked after a change, and when what takes requests was.
    checked_at  BIGINT,
    probed_at   BIGINT,
    -- When verdicts were last recorded.
    recorded_at BIGINT
);

CREATE INDEX grading_live_recorded ON grading_live (recorded_at);
