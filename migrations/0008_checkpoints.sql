-- Weeks of the programme, each from Monday midnight to the next in its time zone.
CREATE TABLE weeks (
    id        TEXT   NOT NULL PRIMARY KEY,
    starts_at BIGINT NOT NULL UNIQUE,
    ends_at   BIGINT NOT NULL,
    -- The place that the next entry takes, and the lock under which it does.
    next_seq  BIGINT NOT NULL,
    revision  BIGINT NOT NULL
);

-- The rules as they were, since each entry keeps the version it was made under.
CREATE TABLE rules_versions (
    version      BIGINT NOT NULL PRIMARY KEY,
    rules        TEXT   NOT NULL,
    published_at BIGINT NOT NULL
);

CREATE TABLE entries (
    id            TEXT   NOT NULL PRIMARY KEY,
    week_id       TEXT   NOT NULL REFERENCES weeks (id),
    week_seq      BIGINT NOT NULL,
    module        TEXT   NOT NULL,
    person_id     TEXT   NOT NULL REFERENCES people (id),
    -- The two slots that an entry holds: one of the three in all, and the one of its week and module. A rejected or
    -- withdrawn entry lets both go, which is what NULL says.
    entry_no      BIGINT CHECK (entry_no BETWEEN 1 AND 3),
    slot_week     TEXT,
    state         TEXT   NOT NULL
                  CHECK (state IN ('submitted', 'in_review', 'valid', 'rejected', 'disqualified', 'withdrawn')),
    reason        TEXT,
    rules_version BIGINT NOT NULL REFERENCES rules_versions (version),
    answers       TEXT   NOT NULL,
    submitted_at  BIGINT NOT NULL,
    decided_at    BIGINT,
    UNIQUE (week_id, week_seq),
    UNIQUE (person_id, entry_no),
    UNIQUE (person_id, module, slot_week),
    CHECK ((entry_no IS NULL) = (state IN ('rejected', 'withdrawn'))),
    CHECK ((slot_week IS NULL) = (entry_no IS NULL))
);

CREATE INDEX entries_person ON entries (person_id, submitted_at);
CREATE INDEX entries_state ON entries (state, week_id, week_seq);
