-- One learner's running copy of a lab, in a namespace of its own.
CREATE TABLE lab_sessions (
    id             TEXT   NOT NULL PRIMARY KEY,
    person_id      TEXT   NOT NULL REFERENCES people (id),
    lab            TEXT   NOT NULL,
    namespace      TEXT   NOT NULL UNIQUE,
    -- Known to this session's objects alone, so that another learner's objects can be told.
    nonce          TEXT   NOT NULL,
    state          TEXT   NOT NULL
                   CHECK (state IN ('queued', 'provisioning', 'ready', 'ending', 'ended', 'failed')),
    -- Why it failed or ended, for the learner.
    reason         TEXT,
    -- What is in the way at the moment, for the learner.
    trouble        TEXT,
    extensions     BIGINT NOT NULL,
    created_at     BIGINT NOT NULL,
    state_since    BIGINT NOT NULL,
    provisioned_at BIGINT,
    applied_at     BIGINT,
    ready_at       BIGINT,
    expires_at     BIGINT,
    -- Set once it is over; until then it is the one live session of its person and lab.
    over_at        BIGINT
);

CREATE UNIQUE INDEX lab_sessions_live ON lab_sessions (person_id, lab) WHERE over_at IS NULL;
CREATE INDEX lab_sessions_state ON lab_sessions (state, created_at);

-- Each step of a session's provisioning, as it happened.
CREATE TABLE lab_steps (
    session_id TEXT   NOT NULL REFERENCES lab_sessions (id),
    step       TEXT   NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at   BIGINT,
    PRIMARY KEY (session_id, step)
);

-- One row: the lock under which sessions are let in, so that no two take the last place.
CREATE TABLE lab_gate (
    name     TEXT   NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL
);

INSERT INTO lab_gate (name, revision) VALUES ('gate', 0);
