-- A learner's runbook for the system of a lab, as it was saved last.
CREATE TABLE game_runbooks (
    person_id TEXT   NOT NULL REFERENCES people (id),
    lab       TEXT   NOT NULL,
    text      TEXT   NOT NULL,
    saved_at  BIGINT NOT NULL,
    PRIMARY KEY (person_id, lab)
);

-- One game: a fault that is injected into a lab session at a moment that whoever is on call does not know.
CREATE TABLE games (
    id          TEXT   NOT NULL PRIMARY KEY,
    session_id  TEXT   NOT NULL REFERENCES lab_sessions (id),
    lab         TEXT   NOT NULL,
    -- Who is on call.
    person_id   TEXT   NOT NULL REFERENCES people (id),
    -- Who plans the fault, where it is not the platform.
    planner_id  TEXT   REFERENCES people (id),
    -- By its hash: what whoever plans the fault joins with; none of a game alone.
    code_hash   TEXT   UNIQUE,
    -- Open until somebody has planned the fault.
    state       TEXT   NOT NULL CHECK (state IN ('open', 'waiting', 'injecting', 'running', 'over', 'cancelled')),
    fault       TEXT,
    -- A fault comes once in each round of a person, so that none is repeated before all were had. A cancelled game has none.
    round       BIGINT,
    -- Fault and moment, sealed when they were set: the hash of both with the salt, which are told after the game.
    salt        TEXT   NOT NULL,
    commitment  TEXT,
    inject_at   BIGINT,
    -- The hash of what is changed, from just before it was.
    before_hash TEXT,
    injected_at BIGINT,
    -- The load that measures it.
    load_id     TEXT,
    -- Why it was cancelled or ended without a mitigation, for the learner.
    reason      TEXT,
    -- JSON: what was measured, once it is over.
    figures     TEXT,
    created_at  BIGINT NOT NULL,
    ended_at    BIGINT,
    -- Grows with each write, which locks the row.
    revision    BIGINT NOT NULL,
    UNIQUE (person_id, lab, round, fault)
);

-- One at a time in a session.
CREATE UNIQUE INDEX games_live ON games (session_id) WHERE ended_at IS NULL;
CREATE INDEX games_person ON games (person_id, lab);
CREATE INDEX games_planner ON games (planner_id) WHERE planner_id IS NOT NULL;
CREATE INDEX games_fault ON games (lab, fault);

-- The incident log, which only grows.
CREATE TABLE game_entries (
    id         TEXT   NOT NULL PRIMARY KEY,
    game_id    TEXT   NOT NULL REFERENCES games (id),
    person_id  TEXT   NOT NULL REFERENCES people (id),
    kind       TEXT   NOT NULL CHECK (kind IN ('detected', 'hypothesis', 'action', 'mitigated', 'recovered', 'note')),
    text       TEXT   NOT NULL,
    -- When the server took it, which figures count from.
    written_at BIGINT NOT NULL
);

CREATE INDEX game_entries_game ON game_entries (game_id, id);

-- When an entry's event happened, as its writer says; the newest holds, and the others are kept.
CREATE TABLE game_entry_times (
    id          TEXT   NOT NULL PRIMARY KEY,
    entry_id    TEXT   NOT NULL REFERENCES game_entries (id),
    happened_at BIGINT NOT NULL,
    written_at  BIGINT NOT NULL
);

CREATE INDEX game_entry_times_entry ON game_entry_times (entry_id, id);

-- The postmortem of a game, written by whoever was on call and read by an instructor.
CREATE TABLE game_postmortems (
    game_id      TEXT   NOT NULL PRIMARY KEY REFERENCES games (id),
    text         TEXT   NOT NULL,
    saved_at     BIGINT NOT NULL,
    state        TEXT   NOT NULL CHECK (state IN ('draft', 'submitted', 'accepted', 'returned')),
    -- What was submitted last, which saving does not change.
    submitted    TEXT,
    submitted_at BIGINT,
    reviewer_id  TEXT   REFERENCES people (id),
    comment      TEXT,
    reviewed_at  BIGINT,
    revision     BIGINT NOT NULL
);

CREATE INDEX game_postmortems_submitted ON game_postmortems (submitted_at) WHERE state = 'submitted';
