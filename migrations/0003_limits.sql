-- How often something was tried in one window of time, shared by every replica.
CREATE TABLE limit_counts (
    key          TEXT   NOT NULL,
    window_start BIGINT NOT NULL,
    count        BIGINT NOT NULL,
    PRIMARY KEY (key, window_start)
);

CREATE INDEX limit_counts_window ON limit_counts (window_start);
