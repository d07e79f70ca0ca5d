-- The keys that credentials are signed with. One is in use; retired ones stay, since what they signed is still checked.
CREATE TABLE credential_keys (
    -- The public key itself, as a Multikey.
    id          TEXT   NOT NULL PRIMARY KEY,
    sealed_seed TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    retired_at  BIGINT
);

CREATE TABLE credentials (
    id            TEXT   NOT NULL PRIMARY KEY,
    person_id     TEXT   NOT NULL REFERENCES people (id),
    module        TEXT   NOT NULL,
    -- As they stood on the day, like the file: an account may change its name afterwards.
    name          TEXT   NOT NULL,
    -- The name as it is searched for.
    search_text   TEXT   NOT NULL,
    achievement   TEXT   NOT NULL,
    key_id        TEXT   NOT NULL REFERENCES credential_keys (id),
    -- The bit of the status lists that says whether it was revoked.
    status_index  BIGINT NOT NULL UNIQUE,
    -- The signed file, byte for byte.
    file          TEXT   NOT NULL,
    issued_at     BIGINT NOT NULL,
    revoked_at    BIGINT,
    revoked_by    TEXT   REFERENCES people (id),
    revoke_reason TEXT,
    CHECK ((revoked_at IS NULL) = (revoke_reason IS NULL)),
    CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);

-- One live credential for each person and module.
CREATE UNIQUE INDEX credentials_live ON credentials (person_id, module) WHERE revoked_at IS NULL;
-- The bits that a status list sets.
CREATE INDEX credentials_revoked ON credentials (status_index, revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX credentials_issued ON credentials (issued_at, id);

-- One row: the lock under which credentials are issued, and the next bit of the status lists.
CREATE TABLE credential_locks (
    name       TEXT   NOT NULL PRIMARY KEY,
    next_index BIGINT NOT NULL
);

INSERT INTO credential_locks (name, next_index) VALUES ('credentials', 0);
