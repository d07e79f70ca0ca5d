-- The locks under which roles change, so that of two admins who step down at once one stays.
CREATE TABLE account_locks (
    name     TEXT   NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL
);

INSERT INTO account_locks (name, revision) VALUES ('roles', 0);

-- The ledger's filters.
CREATE INDEX audit_lines_action ON audit_lines (action, seq);
CREATE INDEX audit_lines_actor ON audit_lines (actor, seq);
