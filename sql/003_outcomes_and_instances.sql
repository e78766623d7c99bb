-- Outcomes of operations, idempotency keys, the users that each instance serves, and the rule of
-- earning in one place.

-- `outcome`: `done`; `refused` by a rule; `void`: an operation whose outcome was unknown and that
-- can never be done any more, because its id is taken. `idempotency_key` is what a client chose,
-- unique within its `account`; `request` is the change it was given for; `detail` is the reason of
-- a refusal, or the outcome for each user of a group.
ALTER TABLE operations
  ADD COLUMN IF NOT EXISTS outcome VARCHAR(10) NOT NULL DEFAULT 'done',
  ADD COLUMN IF NOT EXISTS idempotency_key VARCHAR(128) NULL,
  ADD COLUMN IF NOT EXISTS account VARCHAR(255) NULL,
  ADD COLUMN IF NOT EXISTS request VARCHAR(1000) NULL,
  ADD COLUMN IF NOT EXISTS detail MEDIUMTEXT NULL,
  ADD UNIQUE KEY IF NOT EXISTS one_operation_a_key (account, idempotency_key),
  ADD KEY IF NOT EXISTS operations_by_time (made_at),
  ADD KEY IF NOT EXISTS operations_by_kind (kind, made_at);

-- What a run is worth: the rule, in the only place that SQL has it. DECIMAL, so that a run edited
-- by hand overflows nothing.
ALTER TABLE runs
  ADD COLUMN IF NOT EXISTS earned DECIMAL(38, 0)
    AS ((last_slot - first_slot) * CAST(points_per_slot AS DECIMAL(20, 0))) VIRTUAL;

-- Which instance of the daemon serves which users, and when it last wrote so. It outlives daemons
-- and is no part of a restore.
CREATE TABLE IF NOT EXISTS served (
  instance VARCHAR(255) NOT NULL,
  user VARCHAR(100) NOT NULL,
  seen_at DATETIME(3) NOT NULL,
  PRIMARY KEY (instance, user)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
