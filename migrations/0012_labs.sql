-- Tickets by which a browser that is signed in on the platform is let in at one web page of its lab. Each works once, for
-- a minute, and is deleted when it is used.
CREATE TABLE lab_page_tickets (
    token_hash         TEXT   NOT NULL PRIMARY KEY,
    -- The first label of the page's host name.
    host               TEXT   NOT NULL,
    -- The hash of the cookie that the browser got at that host before it was sent for the ticket.
    entry_hash         TEXT   NOT NULL,
    lab_session_id     TEXT   NOT NULL REFERENCES lab_sessions (id),
    -- The session in which the person is signed in.
    account_session_id TEXT   NOT NULL,
    expires_at         BIGINT NOT NULL
);

CREATE INDEX lab_page_tickets_expires ON lab_page_tickets (expires_at);
