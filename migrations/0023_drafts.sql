-- What a person has typed into a form and not sent yet.
CREATE TABLE drafts (
    person_id TEXT   NOT NULL REFERENCES people (id),
    -- Where the form goes, which tells it from every other.
    address   TEXT   NOT NULL,
    -- JSON: the values of each field by its name.
    fields    TEXT   NOT NULL,
    saved_at  BIGINT NOT NULL,
    PRIMARY KEY (person_id, address)
);

CREATE INDEX drafts_saved ON drafts (saved_at);
