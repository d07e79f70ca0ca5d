-- Set when an entry was accepted whose author is or was on the programme's staff: it counts towards a credential, and takes
-- no place among those that win.
ALTER TABLE entries ADD COLUMN unranked_at BIGINT;

-- When the answer to a question was shown after a miss; the next answer once the card is due begins anew.
ALTER TABLE practice_cards ADD COLUMN shown_at BIGINT;
