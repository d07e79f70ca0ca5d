-- A learner's request to have a lab checked, and what became of it.
CREATE TABLE grading_requests (
    id           TEXT   NOT NULL PRIMARY KEY,
    person_id    TEXT   NOT NULL REFERENCES people (id),
    session_id   TEXT   NOT NULL REFERENCES lab_sessions (id),
    lab          TEXT   NOT NULL,
    -- Abandoned: the session ended before it was graded.
    state        TEXT   NOT NULL CHECK (state IN ('waiting', 'graded', 'abandoned')),
    requested_at BIGINT NOT NULL,
    ended_at     BIGINT,
    -- Canonical JSON of all verdicts and of the hashes of what they were based on; none before it is graded.
    record       TEXT
);

-- Two clicks are one request.
CREATE UNIQUE INDEX grading_requests_waiting ON grading_requests (session_id) WHERE state = 'waiting';
CREATE INDEX grading_requests_session ON grading_requests (session_id, requested_at);
CREATE INDEX grading_requests_person ON grading_requests (person_id, requested_at);
CREATE INDEX grading_requests_lab ON grading_requests (lab, person_id);
CREATE INDEX grading_requests_ended ON grading_requests (ended_at);

-- The end of each person's chain of records, and the lock row under which it grows and is pruned.
CREATE TABLE grading_chains (
    person_id TEXT   NOT NULL PRIMARY KEY REFERENCES people (id),
    length    BIGINT NOT NULL,
    hash      TEXT   NOT NULL
);

-- A person's chain: each hash covers the one before and the record of a request. A link without a request replaces
-- those of pruned records.
CREATE TABLE grading_chain_links (
    person_id     TEXT   NOT NULL REFERENCES people (id),
    -- The sequence numbers that it covers, from 1; more than one where neighbours were pruned.
    first_seq     BIGINT NOT NULL,
    last_seq      BIGINT NOT NULL,
    previous_hash TEXT   NOT NULL,
    hash          TEXT   NOT NULL,
    request_id    TEXT   UNIQUE REFERENCES grading_requests (id),
    PRIMARY KEY (person_id, first_seq)
);

-- What the page shows of a graded request: one check's verdict.
CREATE TABLE grading_verdicts (
    request_id TEXT   NOT NULL REFERENCES grading_requests (id),
    task       TEXT   NOT NULL,
    check_id   TEXT   NOT NULL,
    position   BIGINT NOT NULL,
    verdict    TEXT   NOT NULL CHECK (verdict IN ('pass', 'fail', 'could_not_grade')),
    hint       TEXT,
    judged_at  BIGINT NOT NULL,
    PRIMARY KEY (request_id, task, check_id)
);

-- What verdicts were based on, each object once however many checks and requests saw it.
CREATE TABLE grading_evidence (
    person_id TEXT NOT NULL REFERENCES people (id),
    -- SHA-256 of the body.
    hash      TEXT NOT NULL,
    -- Canonical JSON, secrets redacted.
    body      TEXT NOT NULL,
    PRIMARY KEY (person_id, hash)
);

-- Which requests the evidence is kept for.
CREATE TABLE grading_evidence_uses (
    request_id TEXT NOT NULL REFERENCES grading_requests (id),
    person_id  TEXT NOT NULL,
    hash       TEXT NOT NULL,
    PRIMARY KEY (request_id, hash),
    FOREIGN KEY (person_id, hash) REFERENCES grading_evidence (person_id, hash)
);

CREATE INDEX grading_evidence_uses_hash ON grading_evidence_uses (person_id, hash);

-- The tasks that were passed; the request that a pass is based on is not pruned.
CREATE TABLE grading_passes (
    person_id  TEXT   NOT NULL REFERENCES people (id),
    lab        TEXT   NOT NULL,
    task       TEXT   NOT NULL,
    request_id TEXT   NOT NULL REFERENCES grading_requests (id),
    passed_at  BIGINT NOT NULL,
    PRIMARY KEY (person_id, lab, task)
);

CREATE INDEX grading_passes_request ON grading_passes (request_id);

-- Another session's nonce in this one's objects, for reviewers; never a penalty by itself.
CREATE TABLE grading_flags (
    session_id       TEXT   NOT NULL REFERENCES lab_sessions (id),
    other_session_id TEXT   NOT NULL REFERENCES lab_sessions (id),
    person_id        TEXT   NOT NULL REFERENCES people (id),
    found_at         BIGINT NOT NULL,
    PRIMARY KEY (session_id, other_session_id)
);

CREATE INDEX grading_flags_person ON grading_flags (person_id, found_at);
