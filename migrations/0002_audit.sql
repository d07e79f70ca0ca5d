-- Who did what, when. Each line's hash covers the line before it.
CREATE TABLE audit_lines (
    seq           BIGINT NOT NULL PRIMARY KEY,
    recorded_at   BIGINT NOT NULL,
    actor         TEXT   NOT NULL,
    action        TEXT   NOT NULL,
    subject       TEXT   NOT NULL,
    detail        TEXT   NOT NULL,
    previous_hash TEXT   NOT NULL,
    hash          TEXT   NOT NULL UNIQUE
);

CREATE INDEX audit_lines_subject ON audit_lines (subject, seq);

-- One row: the end of the chain, and the lock under which it grows.
CREATE TABLE audit_head (
    name TEXT   NOT NULL PRIMARY KEY,
    seq  BIGINT NOT NULL,
    hash TEXT   NOT NULL
);

INSERT INTO audit_head (name, seq, hash)
VALUES ('head', 0, '0000000000000000000000000000000000000000000000000000000000000000');
