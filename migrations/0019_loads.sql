-- A load that the platform applies to a lab session through the cluster's ingress.
CREATE TABLE loads (
    id           TEXT   NOT NULL PRIMARY KEY,
    session_id   TEXT   NOT NULL REFERENCES lab_sessions (id),
    -- The load of `lab.yaml` that it is, or what else began it.
    name         TEXT   NOT NULL,
    -- JSON: where the requests go, and how many of them when.
    plan         TEXT   NOT NULL,
    state        TEXT   NOT NULL CHECK (state IN ('running', 'done', 'stopped')),
    -- Why it was stopped, for the learner.
    reason       TEXT,
    requested_at BIGINT NOT NULL,
    -- When its first second began; unknown until a worker has taken it up.
    started_at   BIGINT,
    ended_at     BIGINT,
    -- Grows with each write, which locks the row.
    revision     BIGINT NOT NULL
);

-- One at a time in a session, whoever begins it.
CREATE UNIQUE INDEX loads_running ON loads (session_id) WHERE ended_at IS NULL;
CREATE INDEX loads_session ON loads (session_id, requested_at);
CREATE INDEX loads_ended ON loads (ended_at) WHERE ended_at IS NOT NULL;

-- One second of a load. Whoever adds its row sends its requests, and nobody else does.
CREATE TABLE load_seconds (
    load_id TEXT   NOT NULL REFERENCES loads (id),
    second  BIGINT NOT NULL,
    -- How many requests it has.
    planned BIGINT NOT NULL,
    -- JSON: what became of them, as far as it is known.
    counts  TEXT   NOT NULL,
    PRIMARY KEY (load_id, second)
);
