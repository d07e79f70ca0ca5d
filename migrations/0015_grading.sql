-- How many characters each piece of evidence has, so that what one person has of it is bounded without reading it.
ALTER TABLE grading_evidence ADD COLUMN size BIGINT NOT NULL DEFAULT 0;
UPDATE grading_evidence SET size = LENGTH(body);

-- In what the other session's nonce was found; unknown for what was found before this column was there.
ALTER TABLE grading_flags ADD COLUMN object TEXT;

-- A person's sizes are added up from this index alone: in the table each stands behind its body.
CREATE INDEX grading_evidence_size ON grading_evidence (person_id, size);
