-- Background work: enqueued in the transaction that calls for it, claimed by one worker at a time.
CREATE TABLE jobs (
    id            TEXT   NOT NULL PRIMARY KEY,
    kind          TEXT   NOT NULL,
    payload       TEXT   NOT NULL,
    -- Set while the job waits or runs: a second job of the same key is not enqueued.
    unique_key    TEXT   UNIQUE,
    state         TEXT   NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
    attempts      BIGINT NOT NULL,
    run_at        BIGINT NOT NULL,
    claimed_by    TEXT,
    claimed_until BIGINT,
    last_error    TEXT,
    created_at    BIGINT NOT NULL,
    finished_at   BIGINT
);

CREATE INDEX jobs_due ON jobs (state, run_at);
