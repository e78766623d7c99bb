-- No cell of the ledger can be edited to what cannot be: an interval of zero, a slot beyond the year
-- 9999, a moment that no calendar has. Whoever tries by hand is refused by the database, and a daemon
-- never has to count with such a number. A name that is there already is left alone, so this mends
-- what was dropped by hand, too.

ALTER TABLE user_tracking
  ADD UNIQUE KEY IF NOT EXISTS one_row_a_user (user),
  ADD CONSTRAINT IF NOT EXISTS points_not_negative CHECK (points >= 0);

ALTER TABLE runs
  ADD UNIQUE KEY IF NOT EXISTS one_open_run_a_user (user, is_open),
  ADD KEY IF NOT EXISTS open_runs_by_interval (is_open, interval_ms),
  ADD KEY IF NOT EXISTS latest_end_of_a_user (user, closed_end_ms),
  ADD CONSTRAINT IF NOT EXISTS slots_in_order CHECK (last_slot >= first_slot),
  ADD CONSTRAINT IF NOT EXISTS terms_in_range
    CHECK (points_per_slot BETWEEN 1 AND 1000000 AND interval_ms BETWEEN 1 AND 86400000),
  -- The last millisecond of the year 9999.
  ADD CONSTRAINT IF NOT EXISTS slots_in_range
    CHECK (first_slot >= 0 AND last_slot <= 253402300799999 DIV interval_ms),
  ADD CONSTRAINT IF NOT EXISTS moments_of_runs
    CHECK (opened_at > '1970-01-01' AND (closed_at IS NULL OR closed_at > '1970-01-01'));

ALTER TABLE adjustments
  ADD KEY IF NOT EXISTS adjustments_of_a_user (user, made_at),
  ADD KEY IF NOT EXISTS adjustments_by_source (source, made_at),
  ADD CONSTRAINT IF NOT EXISTS moments_of_adjustments CHECK (made_at > '1970-01-01');

ALTER TABLE intents
  ADD CONSTRAINT IF NOT EXISTS revision_in_range
    CHECK (revision BETWEEN 0 AND 1000000000000000000),
  ADD CONSTRAINT IF NOT EXISTS moments_of_intents CHECK (since > '1970-01-01');

ALTER TABLE operations
  ADD UNIQUE KEY IF NOT EXISTS one_operation_a_key (account, idempotency_key),
  ADD KEY IF NOT EXISTS operations_by_time (made_at),
  ADD KEY IF NOT EXISTS operations_by_kind (kind, made_at),
  ADD CONSTRAINT IF NOT EXISTS moments_of_operations CHECK (made_at > '1970-01-01');

ALTER TABLE served
  ADD CONSTRAINT IF NOT EXISTS moments_of_served CHECK (seen_at > '1970-01-01');
