-- Who has an entry before them, until when.
CREATE TABLE review_claims (
    entry_id    TEXT   NOT NULL PRIMARY KEY REFERENCES entries (id),
    reviewer_id TEXT   NOT NULL REFERENCES people (id),
    expires_at  BIGINT NOT NULL
);

-- One decision for each entry, so that a second one has nowhere to go.
CREATE TABLE reviews (
    id          TEXT   NOT NULL PRIMARY KEY,
    entry_id    TEXT   NOT NULL UNIQUE REFERENCES entries (id),
    reviewer_id TEXT   NOT NULL REFERENCES people (id),
    verdict     TEXT   NOT NULL CHECK (verdict IN ('accepted', 'rejected')),
    reason      TEXT,
    decided_at  BIGINT NOT NULL,
    CHECK (verdict = 'accepted' OR reason IS NOT NULL)
);
