-- Edits of user_tracking that do not come from the daemon's own account are adjustments too.
-- The account is kept in ledger_settings, which every migration finds in place.

CREATE OR REPLACE TRIGGER user_tracking_inserted_by_hand AFTER INSERT ON user_tracking
FOR EACH ROW
INSERT INTO adjustments (user, delta, made_at, made_by, reason)
SELECT NEW.user, NEW.points, UTC_TIMESTAMP(3), SESSION_USER(), 'row inserted by hand'
FROM ledger_settings
WHERE name = 'account' AND value <> SUBSTRING_INDEX(SESSION_USER(), '@', 1) AND NEW.points <> 0;

CREATE OR REPLACE TRIGGER user_tracking_updated_by_hand AFTER UPDATE ON user_tracking
FOR EACH ROW
INSERT INTO adjustments (user, delta, made_at, made_by, reason)
SELECT edit.user, SUM(edit.delta), UTC_TIMESTAMP(3), SESSION_USER(), 'row edited by hand'
FROM ledger_settings
JOIN (
  SELECT OLD.user AS user, -OLD.points AS delta UNION ALL SELECT NEW.user, NEW.points
) AS edit
WHERE name = 'account' AND value <> SUBSTRING_INDEX(SESSION_USER(), '@', 1)
GROUP BY edit.user
HAVING SUM(edit.delta) <> 0;

CREATE OR REPLACE TRIGGER user_tracking_deleted_by_hand AFTER DELETE ON user_tracking
FOR EACH ROW
INSERT INTO adjustments (user, delta, made_at, made_by, reason)
SELECT OLD.user, -OLD.points, UTC_TIMESTAMP(3), SESSION_USER(), 'row deleted by hand'
FROM ledger_settings
WHERE name = 'account' AND value <> SUBSTRING_INDEX(SESSION_USER(), '@', 1) AND OLD.points <> 0;
