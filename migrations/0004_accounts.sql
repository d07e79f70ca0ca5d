CREATE TABLE people (
    id              TEXT   NOT NULL PRIMARY KEY,
    -- As the person typed it, for mail; and in the canonical form that decides whether an address is taken.
    email           TEXT   NOT NULL,
    canonical_email TEXT   NOT NULL UNIQUE,
    name            TEXT   NOT NULL,
    -- The name and the address folded, for searching.
    search_text     TEXT   NOT NULL,
    password_hash   TEXT   NOT NULL,
    role            TEXT   NOT NULL CHECK (role IN ('learner', 'instructor', 'admin')),
    verified_at     BIGINT,
    created_at      BIGINT NOT NULL,
    revision        BIGINT NOT NULL
);

CREATE TABLE sessions (
    id           TEXT   NOT NULL PRIMARY KEY,
    token_hash   TEXT   NOT NULL UNIQUE,
    person_id    TEXT   NOT NULL REFERENCES people (id),
    created_at   BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    ended_at     BIGINT
);

CREATE INDEX sign_ins_person ON sessions (person_id);

-- Links sent by mail, and the one that makes the first admin. Each works once.
CREATE TABLE account_links (
    id         TEXT   NOT NULL PRIMARY KEY,
    token_hash TEXT   NOT NULL UNIQUE,
    purpose    TEXT   NOT NULL CHECK (purpose IN ('verify', 'recover', 'first_admin')),
    person_id  TEXT   REFERENCES people (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT
);

CREATE INDEX account_links_person ON account_links (person_id);
