-- Which lessons a person has read, by the path of the lesson's page.
CREATE TABLE lesson_reads (
    person_id   TEXT   NOT NULL REFERENCES people (id),
    lesson_path TEXT   NOT NULL,
    read_at     BIGINT NOT NULL,
    PRIMARY KEY (person_id, lesson_path)
);

-- The lesson a person opened last, so that they can go on where they were.
CREATE TABLE lesson_places (
    person_id   TEXT   NOT NULL PRIMARY KEY REFERENCES people (id),
    lesson_path TEXT   NOT NULL,
    opened_at   BIGINT NOT NULL
);

-- Every attempt at a question; the newest is the one shown.
CREATE TABLE question_attempts (
    id           TEXT   NOT NULL PRIMARY KEY,
    person_id    TEXT   NOT NULL REFERENCES people (id),
    lesson_path  TEXT   NOT NULL,
    question_id  TEXT   NOT NULL,
    answer       TEXT   NOT NULL,
    judgement    TEXT   NOT NULL CHECK (judgement IN ('right', 'wrong', 'open')),
    attempted_at BIGINT NOT NULL
);

-- Where each question that somebody answered is among their cards; the row is the lock under which it moves.
CREATE TABLE practice_cards (
    person_id   TEXT   NOT NULL REFERENCES people (id),
    lesson_path TEXT   NOT NULL,
    question_id TEXT   NOT NULL,
    -- Answered and never missed, in a box, or known in the last box.
    state       TEXT   NOT NULL CHECK (state IN ('unmissed', 'boxed', 'learned')),
    box         BIGINT,
    due_at      BIGINT,
    PRIMARY KEY (person_id, lesson_path, question_id),
    CHECK ((box IS NULL) = (state <> 'boxed')),
    CHECK ((due_at IS NULL) = (state <> 'boxed'))
);

CREATE INDEX practice_cards_due ON practice_cards (person_id, due_at);
CREATE INDEX question_attempts_person ON question_attempts (person_id, lesson_path, question_id, attempted_at);
