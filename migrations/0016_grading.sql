-- The hints that learners asked for: that of such a check is shown from then on, whatever its failure is.
CREATE TABLE grading_hints (
    session_id TEXT   NOT NULL REFERENCES lab_sessions (id),
    task       TEXT   NOT NULL,
    check_id   TEXT   NOT NULL,
    asked_at   BIGINT NOT NULL,
    PRIMARY KEY (session_id, task, check_id)
);

CREATE INDEX grading_hints_asked ON grading_hints (asked_at);

-- The tasks that people have worked on, passed or not.
CREATE TABLE grading_attempts (
    person_id    TEXT   NOT NULL REFERENCES people (id),
    lab          TEXT   NOT NULL,
    task         TEXT   NOT NULL,
    -- The newest session in which they have.
    session_id   TEXT   NOT NULL REFERENCES lab_sessions (id),
    attempted_at BIGINT NOT NULL,
    -- How many hints of it they asked for, in all sessions.
    hints        BIGINT NOT NULL,
    PRIMARY KEY (person_id, lab, task)
);

CREATE INDEX grading_attempts_lab ON grading_attempts (lab, task);

-- The ids of sessions are in the order of time.
INSERT INTO grading_attempts (person_id, lab, task, session_id, attempted_at, hints)
SELECT r.person_id, r.lab, v.task, MAX(r.session_id), MIN(r.requested_at), 0
FROM grading_requests r JOIN grading_verdicts v ON v.request_id = r.id
WHERE r.origin = 'learner' AND r.state = 'graded'
GROUP BY r.person_id, r.lab, v.task;

INSERT INTO grading_attempts (person_id, lab, task, session_id, attempted_at, hints)
SELECT p.person_id, p.lab, p.task, r.session_id, p.passed_at, 0
FROM grading_passes p JOIN grading_requests r ON r.id = p.request_id
WHERE NOT EXISTS (
    SELECT 1 FROM grading_attempts a WHERE a.person_id = p.person_id AND a.lab = p.lab AND a.task = p.task);

-- How a task was passed: how many of its hints were asked for before, and after how many checks of the session, those that
-- the learner asked for and those that ran by themselves; unknown for passes of before these columns were there.
ALTER TABLE grading_passes ADD COLUMN hints BIGINT NOT NULL DEFAULT 0;
ALTER TABLE grading_passes ADD COLUMN asked_checks BIGINT;
ALTER TABLE grading_passes ADD COLUMN live_checks BIGINT;

CREATE INDEX grading_passes_lab ON grading_passes (lab, task, passed_at);
CREATE INDEX grading_requests_origin ON grading_requests (lab, origin, requested_at);
