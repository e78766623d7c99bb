-- Edits of user_tracking that do not come from the daemon's own account are adjustments too.
-- A trigger runs as who made it, which is that account (CURRENT_USER), for the session of whoever edits
-- (SESSION_USER): the names count, which end at the last @, and not from where.
-- An edit that leaves points as they were records nothing; a rename takes the points along.

CREATE OR REPLACE TRIGGER user_tracking_inserted_by_hand AFTER INSERT ON user_tracking
FOR EACH ROW
IF SUBSTRING_INDEX(CURRENT_USER(), '@', LENGTH(CURRENT_USER()) - LENGTH(REPLACE(CURRENT_USER(), '@', '')))
  <> SUBSTRING_INDEX(SESSION_USER(), '@', LENGTH(SESSION_USER()) - LENGTH(REPLACE(SESSION_USER(), '@', ''))) AND NEW.points <> 0
THEN
  INSERT INTO adjustments (user, delta, source, made_at, made_by, reason)
  VALUES (NEW.user, NEW.points, 'hand', UTC_TIMESTAMP(3), SESSION_USER(), 'row inserted by hand');
END IF;

CREATE OR REPLACE TRIGGER user_tracking_updated_by_hand AFTER UPDATE ON user_tracking
FOR EACH ROW
IF SUBSTRING_INDEX(CURRENT_USER(), '@', LENGTH(CURRENT_USER()) - LENGTH(REPLACE(CURRENT_USER(), '@', '')))
  <> SUBSTRING_INDEX(SESSION_USER(), '@', LENGTH(SESSION_USER()) - LENGTH(REPLACE(SESSION_USER(), '@', '')))
THEN
  IF NEW.user = OLD.user AND NEW.points <> OLD.points THEN
    INSERT INTO adjustments (user, delta, source, made_at, made_by, reason)
    VALUES (NEW.user, NEW.points - OLD.points, 'hand', UTC_TIMESTAMP(3), SESSION_USER(),
      'points edited by hand');
  ELSEIF NEW.user <> OLD.user THEN
    INSERT INTO adjustments (user, delta, source, made_at, made_by, reason)
    VALUES
      (OLD.user, -OLD.points, 'hand', UTC_TIMESTAMP(3), SESSION_USER(),
        CONCAT('renamed by hand to ', NEW.user)),
      (NEW.user, NEW.points, 'hand', UTC_TIMESTAMP(3), SESSION_USER(),
        CONCAT('renamed by hand from ', OLD.user));
  END IF;
END IF;

CREATE OR REPLACE TRIGGER user_tracking_deleted_by_hand AFTER DELETE ON user_tracking
FOR EACH ROW
IF SUBSTRING_INDEX(CURRENT_USER(), '@', LENGTH(CURRENT_USER()) - LENGTH(REPLACE(CURRENT_USER(), '@', '')))
  <> SUBSTRING_INDEX(SESSION_USER(), '@', LENGTH(SESSION_USER()) - LENGTH(REPLACE(SESSION_USER(), '@', ''))) AND OLD.points <> 0
THEN
  INSERT INTO adjustments (user, delta, source, made_at, made_by, reason)
  VALUES (OLD.user, -OLD.points, 'hand', UTC_TIMESTAMP(3), SESSION_USER(), 'row deleted by hand');
END IF;
