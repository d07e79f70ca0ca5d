-- Who has an entry before them, until when; each claim takes one of a few places of its reviewer.
CREATE TABLE review_claims (
    entry_id    TEXT   NOT NULL PRIMARY KEY REFERENCES entries (id),
    reviewer_id TEXT   NOT NULL REFERENCES people (id),
    claim_no    BIGINT NOT NULL CHECK (claim_no BETWEEN 1 AND 5),
    expires_at  BIGINT NOT NULL,
    UNIQUE (reviewer_id, claim_no)
);

-- One decision for each entry, so that a second one has nowhere to go.
CREATE TABLE reviews (
    id          TEXT   NOT NULL PRIMARY KEY,
    entry_id    TEXT   NOT NULL UNIQUE REFERENCES entries (id),
    reviewer_id TEXT   NOT NULL REFERENCES people (id),
    decision    TEXT   NOT NULL CHECK (decision IN ('accepted', 'rejected')),
    reason      TEXT,
    decided_at  BIGINT NOT NULL,
    CHECK ((decision = 'rejected') = (reason IS NOT NULL))
);
