-- 0010: what a message counts as, so that what a person got and what was spent until a day can be told again.
ALTER TABLE outbox ADD COLUMN counts_day INTEGER;	-- days since 1970 on the person's clock: it is one of this day's and this week's; NULL: of none
ALTER TABLE outbox ADD COLUMN cost_milli INTEGER NOT NULL DEFAULT 0;	-- of channel and offer, when it was queued
UPDATE outbox SET counts_day = coalesce(not_before_ms, created_at_ms) / 86400000 WHERE kind = 0;	-- UTC; who waits is counted anew when it goes
