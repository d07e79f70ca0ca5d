-- 1 where all tasks of the lab are to be judged as work, as by the button; 0 where a check follows from a report, which is
-- about the tasks that ask for it and leaves the others as open as they were.
ALTER TABLE grading_requests ADD COLUMN asks_all BIGINT NOT NULL DEFAULT 1 CHECK (asks_all IN (0, 1));
