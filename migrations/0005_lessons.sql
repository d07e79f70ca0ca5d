-- Which lessons a person has read, by the path of the lesson's page.
CREATE TABLE lesson_reads (
    person_id   TEXT   NOT NULL REFERENCES people (id),
    lesson_path TEXT   NOT NULL,
    read_at     BIGINT NOT NULL,
    PRIMARY KEY (person_id, lesson_path)
);

-- The lesson that a person opened last, so that they can go on from there.
CREATE TABLE last_opened_lessons (
    person_id   TEXT   NOT NULL PRIMARY KEY REFERENCES people (id),
    lesson_path TEXT   NOT NULL,
    opened_at   BIGINT NOT NULL
);

-- Every answer to a question of a lesson; pages show the newest.
CREATE TABLE question_answers (
    id           TEXT   NOT NULL PRIMARY KEY,
    person_id    TEXT   NOT NULL REFERENCES people (id),
    lesson_path  TEXT   NOT NULL,
    question_id  TEXT   NOT NULL,
    answer       TEXT   NOT NULL,
    judgement    TEXT   NOT NULL CHECK (judgement IN ('right', 'wrong', 'open')),
    answered_at  BIGINT NOT NULL
);

-- The stage of each question that a person has answered; the row is the lock under which the stage changes.
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
CREATE INDEX question_answers_person ON question_answers (person_id, lesson_path, question_id, answered_at);
