-- One learner's running copy of a lab, in a namespace of its own.
CREATE TABLE lab_sessions (
    id             TEXT   NOT NULL PRIMARY KEY,
    person_id      TEXT   NOT NULL REFERENCES people (id),
    lab            TEXT   NOT NULL,
    namespace      TEXT   NOT NULL UNIQUE,
    -- Marks this session's objects, so that a copy of another learner's object is found.
    nonce          TEXT   NOT NULL,
    state          TEXT   NOT NULL CHECK (state IN ('queued', 'provisioning', 'ready', 'ended', 'failed')),
    -- Why it failed or ended, for the learner.
    reason         TEXT,
    -- What delays it now, for the learner.
    status_message TEXT,
    extensions     BIGINT NOT NULL,
    created_at     BIGINT NOT NULL,
    state_since    BIGINT NOT NULL,
    provisioned_at BIGINT,
    applied_at     BIGINT,
    ready_at       BIGINT,
    expires_at     BIGINT,
    -- The hash of the rights, limits and network policies that were applied to its namespace, when that began, and when
    -- one of them was last seen deleted.
    isolation_hash    TEXT,
    isolated_at       BIGINT,
    isolation_lost_at BIGINT,
    -- Set once it is over; until then it is the one live session of its person and lab.
    over_at        BIGINT
);

CREATE UNIQUE INDEX lab_sessions_live ON lab_sessions (person_id, lab) WHERE over_at IS NULL;
CREATE INDEX lab_sessions_state ON lab_sessions (state, created_at);
CREATE INDEX lab_sessions_nonce ON lab_sessions (nonce);
-- A person's sessions: the newest of a lab, and the time spent in all of them.
CREATE INDEX lab_sessions_person ON lab_sessions (person_id, lab);
-- The newest measured starts, from which every lab page estimates how long a start takes.
CREATE INDEX lab_sessions_ready ON lab_sessions (ready_at);

-- Each step of a session's provisioning, as it happened.
CREATE TABLE lab_steps (
    session_id TEXT   NOT NULL REFERENCES lab_sessions (id),
    step       TEXT   NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at   BIGINT,
    PRIMARY KEY (session_id, step)
);

-- A namespace that no live session needs any more, until it is deleted.
CREATE TABLE lab_namespaces (
    namespace   TEXT   NOT NULL PRIMARY KEY,
    -- The session it was made for, where that is known.
    session_id  TEXT   REFERENCES lab_sessions (id),
    released_at BIGINT NOT NULL,
    -- JSON lists of sentences: why it is not deleted yet, and what was done about that.
    reasons     TEXT   NOT NULL,
    actions     TEXT   NOT NULL,
    -- When it was reconciled last.
    checked_at  BIGINT,
    deleted_at  BIGINT
);

CREATE INDEX lab_namespaces_terminating ON lab_namespaces (released_at) WHERE deleted_at IS NULL;
CREATE INDEX lab_namespaces_deleted ON lab_namespaces (deleted_at) WHERE deleted_at IS NOT NULL;

-- Rows that are locked before several sessions change, so that no more of them run than the cluster has room for.
CREATE TABLE lab_locks (
    name     TEXT   NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL
);

INSERT INTO lab_locks (name, revision) VALUES ('capacity', 0);
