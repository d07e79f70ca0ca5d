-- Gift codes, encrypted; the keyed hash tells a duplicate without telling the code.
CREATE TABLE vouchers (
    id          TEXT   NOT NULL PRIMARY KEY,
    sealed_code TEXT   NOT NULL,
    code_hash   TEXT   NOT NULL UNIQUE,
    imported_at BIGINT NOT NULL,
    imported_by TEXT   NOT NULL REFERENCES people (id),
    -- Set once it is given to an entry.
    awarded_at  BIGINT
);

CREATE INDEX vouchers_free ON vouchers (imported_at, id) WHERE awarded_at IS NULL;

-- One row: the lock under which vouchers are given, so that no two weeks take the same one.
CREATE TABLE voucher_locks (
    name     TEXT   NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL
);

INSERT INTO voucher_locks (name, revision) VALUES ('vouchers', 0);

-- One voucher to an entry, one entry to a voucher, one entry to a place.
CREATE TABLE voucher_awards (
    id         TEXT   NOT NULL PRIMARY KEY,
    voucher_id TEXT   NOT NULL UNIQUE REFERENCES vouchers (id),
    entry_id   TEXT   NOT NULL UNIQUE REFERENCES entries (id),
    week_id    TEXT   NOT NULL REFERENCES weeks (id),
    place      BIGINT NOT NULL CHECK (place >= 1),
    awarded_at BIGINT NOT NULL,
    UNIQUE (week_id, place)
);

-- Weeks whose winners wait for vouchers, so that an import wakes these alone.
CREATE TABLE voucher_shortages (
    week_id TEXT   NOT NULL PRIMARY KEY REFERENCES weeks (id),
    missing BIGINT NOT NULL CHECK (missing >= 1)
);
