-- A learner's wish to have a lab checked, and what became of it.
CREATE TABLE grading_attempts (
    id         TEXT   NOT NULL PRIMARY KEY,
    person_id  TEXT   NOT NULL REFERENCES people (id),
    session_id TEXT   NOT NULL REFERENCES lab_sessions (id),
    lab        TEXT   NOT NULL,
    -- Abandoned: the session ended, or the check was lost, before it was graded.
    state      TEXT   NOT NULL CHECK (state IN ('waiting', 'graded', 'abandoned')),
    asked_at   BIGINT NOT NULL,
    ended_at   BIGINT
);

-- Two clicks are one attempt.
CREATE UNIQUE INDEX grading_attempts_waiting ON grading_attempts (session_id) WHERE state = 'waiting';
CREATE INDEX grading_attempts_session ON grading_attempts (session_id, asked_at);

-- The end of each person's chain of verdicts, and the lock under which it grows.
CREATE TABLE grading_chains (
    person_id TEXT   NOT NULL PRIMARY KEY REFERENCES people (id),
    length    BIGINT NOT NULL,
    hash      TEXT   NOT NULL
);

-- One check's verdict with what it was based on.
CREATE TABLE grading_verdicts (
    attempt_id    TEXT   NOT NULL REFERENCES grading_attempts (id),
    person_id     TEXT   NOT NULL REFERENCES people (id),
    lab           TEXT   NOT NULL,
    task          TEXT   NOT NULL,
    check_id      TEXT   NOT NULL,
    -- The hash of the check's definition.
    check_version TEXT   NOT NULL,
    verdict       TEXT   NOT NULL CHECK (verdict IN ('pass', 'fail', 'could_not_grade')),
    hint          TEXT,
    judged_at     BIGINT NOT NULL,
    -- Canonical JSON of all that was read, secrets redacted.
    evidence      TEXT   NOT NULL,
    -- The place in the person's chain, from 1; each hash covers the one before.
    seq           BIGINT NOT NULL,
    previous_hash TEXT   NOT NULL,
    hash          TEXT   NOT NULL,
    PRIMARY KEY (attempt_id, task, check_id),
    UNIQUE (person_id, seq)
);

CREATE INDEX grading_verdicts_lab ON grading_verdicts (lab, person_id, seq);

-- A passed task stays passed.
CREATE TABLE grading_passes (
    person_id  TEXT   NOT NULL REFERENCES people (id),
    lab        TEXT   NOT NULL,
    task       TEXT   NOT NULL,
    attempt_id TEXT   NOT NULL REFERENCES grading_attempts (id),
    passed_at  BIGINT NOT NULL,
    PRIMARY KEY (person_id, lab, task)
);

-- Something a reviewer should see: another session's nonce in this one's objects. Never a penalty by itself.
CREATE TABLE grading_flags (
    session_id       TEXT   NOT NULL REFERENCES lab_sessions (id),
    other_session_id TEXT   NOT NULL REFERENCES lab_sessions (id),
    person_id        TEXT   NOT NULL REFERENCES people (id),
    found_at         BIGINT NOT NULL,
    PRIMARY KEY (session_id, other_session_id)
);

CREATE INDEX grading_flags_person ON grading_flags (person_id, found_at);
