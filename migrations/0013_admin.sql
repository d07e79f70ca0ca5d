-- The locks under which roles change, so that of two admins who step down at once one stays, and under which addresses are
-- taken, so that of two people who want one only one gets it.
CREATE TABLE account_locks (
    name     TEXT   NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL
);

INSERT INTO account_locks (name, revision) VALUES ('roles', 0), ('addresses', 0);

-- The ledger's filters.
CREATE INDEX audit_lines_action ON audit_lines (action, seq);
CREATE INDEX audit_lines_actor ON audit_lines (actor, seq);
