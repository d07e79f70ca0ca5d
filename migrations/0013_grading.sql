-- What learners reported, the newest of each value that a task asks for.
CREATE TABLE grading_answers (
    session_id  TEXT   NOT NULL REFERENCES lab_sessions (id),
    task        TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    -- What was typed, or the key of what was chosen.
    text        TEXT   NOT NULL,
    reported_at BIGINT NOT NULL,
    PRIMARY KEY (session_id, task, name)
);

CREATE INDEX grading_answers_reported ON grading_answers (reported_at);
