-- People with an account, every address verified.
CREATE TABLE people (
    id              TEXT   NOT NULL PRIMARY KEY,
    -- As the person typed it, for mail; and in the canonical form that decides whether an address is taken. An account that
    -- is closed has neither.
    email           TEXT   NOT NULL,
    canonical_email TEXT   NOT NULL UNIQUE,
    name            TEXT   NOT NULL,
    -- The name and the address folded, for searching.
    search_text     TEXT   NOT NULL,
    password_hash   TEXT   NOT NULL,
    role            TEXT   NOT NULL CHECK (role IN ('learner', 'instructor', 'admin')),
    created_at      BIGINT NOT NULL,
    closed_at       BIGINT,
    revision        BIGINT NOT NULL
);

-- Sign-ups. Each has a link of its own, and makes an account of what was typed at that sign-up and of nothing else.
CREATE TABLE registrations (
    id              TEXT   NOT NULL PRIMARY KEY,
    token_hash      TEXT   NOT NULL UNIQUE,
    email           TEXT   NOT NULL,
    canonical_email TEXT   NOT NULL,
    -- Name and hash are emptied once they stand in `people`.
    name            TEXT   NOT NULL,
    password_hash   TEXT   NOT NULL,
    -- The browser that signed up; any other is asked for the password.
    browser_hash    TEXT   NOT NULL,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    verified_at     BIGINT
);

CREATE INDEX registrations_email ON registrations (canonical_email);
CREATE INDEX registrations_created ON registrations (created_at);

CREATE TABLE sessions (
    id           TEXT   NOT NULL PRIMARY KEY,
    token_hash   TEXT   NOT NULL UNIQUE,
    person_id    TEXT   NOT NULL REFERENCES people (id),
    created_at   BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    ended_at     BIGINT
);

CREATE INDEX sessions_person ON sessions (person_id);
CREATE INDEX sessions_expires ON sessions (expires_at);

-- Links to an account that is there, and the one that makes the first admin. Each works once.
CREATE TABLE account_links (
    id         TEXT   NOT NULL PRIMARY KEY,
    token_hash TEXT   NOT NULL UNIQUE,
    purpose    TEXT   NOT NULL CHECK (purpose IN ('recover', 'change_email', 'first_admin')),
    person_id  TEXT   REFERENCES people (id),
    -- The new address, and who asked for it.
    email      TEXT,
    actor      TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- Set when a newer one took its place, or the account changed: no mail that leaves later makes it work again.
    stopped_at BIGINT,
    used_at    BIGINT,
    CHECK ((purpose = 'change_email') = (email IS NOT NULL))
);

CREATE INDEX account_links_person ON account_links (person_id);
CREATE INDEX account_links_expires ON account_links (expires_at);

-- What a person is told of a change to their account, at the address that they had when it was made. Sent ones are deleted.
CREATE TABLE account_notices (
    id         TEXT   NOT NULL PRIMARY KEY,
    kind       TEXT   NOT NULL CHECK (kind IN ('password_changed', 'email_changed', 'closed')),
    email      TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    -- The new address, or why the account was closed.
    detail     TEXT,
    created_at BIGINT NOT NULL
);

-- The locks under which roles change, so that of two admins who step down at once one is left, and under which addresses are
-- taken, so that of two people who want one only one gets it.
CREATE TABLE account_locks (
    name     TEXT   NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL
);

INSERT INTO account_locks (name, revision) VALUES ('roles', 0), ('addresses', 0);
