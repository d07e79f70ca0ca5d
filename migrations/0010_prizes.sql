-- Gift codes, encrypted; the keyed hash tells a duplicate without telling the code.
CREATE TABLE vouchers (
    id          TEXT   NOT NULL PRIMARY KEY,
    sealed_code TEXT   NOT NULL,
    code_hash   TEXT   NOT NULL UNIQUE,
    imported_at BIGINT NOT NULL,
    imported_by TEXT   NOT NULL REFERENCES people (id)
);

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
