-- The ledger. Each statement ends with a semicolon at the end of a line followed by an empty line,
-- and may be run again.

-- The original project's table. `points` is a checked cache of runs and adjustments.
CREATE TABLE IF NOT EXISTS user_tracking (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  user VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  points BIGINT NOT NULL DEFAULT 0,
  datetime_stamp TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  UNIQUE KEY one_row_a_user (user),
  CONSTRAINT points_not_negative CHECK (points >= 0)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- Stretches of uninterrupted earning. A slot is unix_ms DIV interval_ms; a run is worth
-- (last_slot - first_slot) * points_per_slot. `tick` names the tick that last credited the run, so
-- that its changed rows can be read even when the answer to the write was lost.
CREATE TABLE IF NOT EXISTS runs (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  user VARCHAR(100) NOT NULL,
  points_per_slot BIGINT NOT NULL,
  interval_ms BIGINT NOT NULL,
  first_slot BIGINT NOT NULL,
  last_slot BIGINT NOT NULL,
  tick BIGINT NOT NULL DEFAULT 0,
  opened_at DATETIME(3) NOT NULL,
  opened_by VARCHAR(255) NOT NULL,
  closed_at DATETIME(3) NULL,
  closed_by VARCHAR(255) NULL,
  close_reason VARCHAR(1000) NULL,
  is_open TINYINT AS (IF(closed_at IS NULL, 1, NULL)) STORED,
  -- The end in ms; NULL while open, so that ticks leave its index alone.
  closed_end_ms BIGINT AS (IF(closed_at IS NULL, NULL, last_slot * interval_ms)) STORED,
  UNIQUE KEY one_open_run_a_user (user, is_open),
  KEY open_runs_by_interval (is_open, interval_ms),
  KEY latest_end_of_a_user (user, closed_end_ms),
  CONSTRAINT slots_in_order CHECK (last_slot >= first_slot)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- Everything else that changes points; a delta of zero is a note. `source` is `operation`, `hand`
-- (written by a trigger), `adopted` (points of an original table) or `notice` (written by the
-- daemon of its own accord). operation_id is NULL unless somebody asked.
CREATE TABLE IF NOT EXISTS adjustments (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  user VARCHAR(100) NOT NULL,
  delta BIGINT NOT NULL,
  source VARCHAR(20) NOT NULL,
  made_at DATETIME(3) NOT NULL,
  made_by VARCHAR(255) NOT NULL,
  reason VARCHAR(1000) NULL,
  operation_id VARCHAR(64) NULL,
  KEY adjustments_of_a_user (user, made_at),
  KEY adjustments_by_source (source, made_at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- What was last asked of each user.
CREATE TABLE IF NOT EXISTS intents (
  user VARCHAR(100) NOT NULL PRIMARY KEY,
  running BOOLEAN NOT NULL,
  paused BOOLEAN NOT NULL,
  asked_by VARCHAR(255) NOT NULL,
  reason VARCHAR(1000) NULL,
  since DATETIME(3) NOT NULL,
  revision BIGINT NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- Every change that was asked for, once, however often it was sent. `user` is NULL where the
-- change was to many users.
CREATE TABLE IF NOT EXISTS operations (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  kind VARCHAR(20) NOT NULL,
  user VARCHAR(100) NULL,
  asked_by VARCHAR(255) NOT NULL,
  reason VARCHAR(1000) NULL,
  made_at DATETIME(3) NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
