-- 1 where all tasks of the lab are to be judged as work, as by the button; 0 where a check follows from a report, which is
-- about the tasks that ask for it and leaves the others as open as they were.
ALTER TABLE grading_requests ADD COLUMN asks_all BIGINT NOT NULL DEFAULT 1 CHECK (asks_all IN (0, 1));

-- How often it was asked for again while it waits: what is asked or reported while the objects are read is not in the verdicts
-- yet, so that they are read once more.
ALTER TABLE grading_requests ADD COLUMN asked_again BIGINT NOT NULL DEFAULT 0;
