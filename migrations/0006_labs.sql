-- One learner's running copy of a lab, in a namespace of its own.
CREATE TABLE lab_sessions (
    id             TEXT   NOT NULL PRIMARY KEY,
    person_id      TEXT   NOT NULL REFERENCES people (id),
    lab            TEXT   NOT NULL,
    namespace      TEXT   NOT NULL UNIQUE,
    -- Known to this session's objects alone, so that another learner's objects can be told.
    nonce          TEXT   NOT NULL,
    state          TEXT   NOT NULL CHECK (state IN ('queued', 'provisioning', 'ready', 'ended', 'failed')),
    -- Why it failed or ended, for the learner.
    reason         TEXT,
    -- What is in the way at the moment, for the learner.
    status_message TEXT,
    extensions     BIGINT NOT NULL,
    created_at     BIGINT NOT NULL,
    state_since    BIGINT NOT NULL,
    provisioned_at BIGINT,
    applied_at     BIGINT,
    ready_at       BIGINT,
    expires_at     BIGINT,
    -- The hash of the rights, limits and network policies that its namespace was given, when that began, and when one of
    -- them was last seen to go.
    isolation_hash    TEXT,
    isolated_at       BIGINT,
    isolation_lost_at BIGINT,
    -- Set once it is over; until then it is the one live session of its person and lab.
    over_at        BIGINT
);

CREATE UNIQUE INDEX lab_sessions_live ON lab_sessions (person_id, lab) WHERE over_at IS NULL;
CREATE INDEX lab_sessions_state ON lab_sessions (state, created_at);
CREATE INDEX lab_sessions_nonce ON lab_sessions (nonce);

-- Each step of a session's provisioning, as it happened.
CREATE TABLE lab_steps (
    session_id TEXT   NOT NULL REFERENCES lab_sessions (id),
    step       TEXT   NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at   BIGINT,
    PRIMARY KEY (session_id, step)
);

-- A namespace that no live session needs any more, followed until it is gone.
CREATE TABLE lab_namespaces (
    namespace   TEXT   NOT NULL PRIMARY KEY,
    -- The session it was made for; none when nothing is known of one.
    session_id  TEXT   REFERENCES lab_sessions (id),
    released_at BIGINT NOT NULL,
    -- JSON lists of sentences: why it is still there, and what was done to let it go.
    reasons     TEXT   NOT NULL,
    actions     TEXT   NOT NULL,
    -- When it was looked at last.
    checked_at  BIGINT,
    gone_at     BIGINT
);

CREATE INDEX lab_namespaces_left ON lab_namespaces (released_at) WHERE gone_at IS NULL;
CREATE INDEX lab_namespaces_gone ON lab_namespaces (gone_at) WHERE gone_at IS NOT NULL;

-- The locks that changes of several sessions take first, so that no two take the last place.
CREATE TABLE lab_locks (
    name     TEXT   NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL
);

INSERT INTO lab_locks (name, revision) VALUES ('places', 0);
