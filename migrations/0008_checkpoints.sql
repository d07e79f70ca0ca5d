-- The rules as they were, since a week is under the version that its first entry found.
CREATE TABLE rules_versions (
    version               BIGINT NOT NULL PRIMARY KEY CHECK (version >= 1),
    rules                 TEXT   NOT NULL,
    -- One of the rules, beside their text, since entries are held to it below.
    entries_per_developer BIGINT NOT NULL CHECK (entries_per_developer BETWEEN 1 AND 1000),
    published_at          BIGINT NOT NULL,
    UNIQUE (version, entries_per_developer)
);

-- Weeks of the programme, each from Monday midnight to the next in the time zone of its rules.
CREATE TABLE weeks (
    id            TEXT   NOT NULL PRIMARY KEY,
    starts_at     BIGINT NOT NULL UNIQUE,
    ends_at       BIGINT NOT NULL,
    rules_version BIGINT NOT NULL REFERENCES rules_versions (version),
    -- The place that the next entry takes, and the lock under which it does.
    next_seq      BIGINT NOT NULL,
    revision      BIGINT NOT NULL,
    UNIQUE (id, rules_version),
    CHECK (ends_at > starts_at)
);

-- One row: the lock under which a week is added, so that no two overlap.
CREATE TABLE week_locks (
    name     TEXT   NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL
);

INSERT INTO week_locks (name, revision) VALUES ('weeks', 0);

CREATE TABLE entries (
    id             TEXT   NOT NULL PRIMARY KEY,
    week_id        TEXT   NOT NULL,
    week_seq       BIGINT NOT NULL,
    module         TEXT   NOT NULL,
    person_id      TEXT   NOT NULL REFERENCES people (id),
    -- The slots that an entry holds: one of those that its week's rules give a person in all, the one of its week and
    -- module, and the one of the questions that it answers. A rejected or withdrawn entry lets them go, which is what NULL
    -- says.
    entry_no       BIGINT,
    slot_week      TEXT,
    slot_questions BIGINT,
    -- The first instant of the week for which its questions were drawn.
    drawn_for      BIGINT NOT NULL,
    state          TEXT   NOT NULL
                   CHECK (state IN ('submitted', 'in_review', 'valid', 'rejected', 'disqualified', 'withdrawn')),
    -- Until when a reviewer has it to themselves.
    review_ends_at BIGINT,
    reason         TEXT,
    rules_version  BIGINT NOT NULL,
    entry_limit    BIGINT NOT NULL,
    answers        TEXT   NOT NULL,
    submitted_at   BIGINT NOT NULL,
    decided_at     BIGINT,
    UNIQUE (week_id, week_seq),
    UNIQUE (person_id, entry_no),
    UNIQUE (person_id, module, slot_week),
    UNIQUE (person_id, module, slot_questions),
    -- The rules of an entry are its week's, and its number is one that they allow, whatever a replica takes for the rules.
    FOREIGN KEY (week_id, rules_version) REFERENCES weeks (id, rules_version),
    FOREIGN KEY (rules_version, entry_limit) REFERENCES rules_versions (version, entries_per_developer),
    CHECK (entry_no BETWEEN 1 AND entry_limit),
    CHECK ((entry_no IS NULL) = (state IN ('rejected', 'withdrawn'))),
    CHECK ((slot_week IS NULL) = (entry_no IS NULL)),
    CHECK ((slot_questions IS NULL) = (entry_no IS NULL)),
    CHECK ((review_ends_at IS NULL) = (state <> 'in_review'))
);

CREATE INDEX entries_person ON entries (person_id, submitted_at);
CREATE INDEX entries_state ON entries (state, week_id, week_seq);
