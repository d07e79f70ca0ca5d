-- Background work: enqueued in the transaction that calls for it, claimed by one worker at a time.
CREATE TABLE jobs (
    id          TEXT   NOT NULL PRIMARY KEY,
    kind        TEXT   NOT NULL,
    payload     TEXT   NOT NULL,
    -- Set until the job is done: there is one of a key that is not.
    unique_key  TEXT   UNIQUE,
    state       TEXT   NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
    attempts    BIGINT NOT NULL,
    -- Counts the claims. An attempt writes under the number of its own claim, so one that lost its lease changes nothing.
    lease       BIGINT NOT NULL,
    -- When a worker may claim it: when it is due and, while it runs, when its lease ends.
    due_at      BIGINT NOT NULL,
    -- Set when it was woken while it ran: it runs once more after it ends.
    woken_at    BIGINT,
    last_error  TEXT,
    created_at  BIGINT NOT NULL,
    -- By the clock of whoever wrote due_at. A time in the future tells that this clock was ahead.
    written_at  BIGINT NOT NULL,
    finished_at BIGINT
);

CREATE INDEX jobs_due ON jobs (kind, due_at) WHERE finished_at IS NULL;
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_state ON jobs (state, id);
