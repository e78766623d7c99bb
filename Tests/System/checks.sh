#!/bin/bash
# Runs inside the booted container, as a oneshot unit: the life of the package from its
# installation to its purge. Prints one line a check: "ok NAME" or "not ok NAME" and why.
set -uo pipefail
export DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin SYSTEMD_PAGER="" LC_ALL=C.UTF-8
cd /opt/checks || exit 1

failures=0

# check NAME COMMAND...: what the command says is shown when it fails.
check() {
  local name=$1 said
  shift
  if said=$("$@" 2>&1); then
    echo "ok $name"
  else
    failures=$((failures + 1))
    echo "not ok $name"
    sed 's/^/    /' <<<"$said" | tail -n 20
  fi
}

# Tries a command until it succeeds, for so many seconds at most.
within() {
  local seconds=$1 end=$((SECONDS + $1))
  shift
  until "$@" >/tmp/within 2>&1; do
    if ((SECONDS >= end)); then
      cat /tmp/within
      echo "not within $seconds s: $*"
      return 1
    fi
    sleep 0.2
  done
}

is() { [[ $1 == "$2" ]] || { echo "expected: $2"; echo "found:    $1"; return 1; }; }
like() { [[ $1 =~ $2 ]] || { echo "expected to match: $2"; echo "found:    $1"; return 1; }; }
fails_with() { # STATUS COMMAND...
  local wanted=$1 status=0
  shift
  "$@" || status=$?
  is "$status" "$wanted"
}

property() { systemctl show --property="$2" --value "$1"; }
ask() { printf 'get_data\n' | nc -N -w 5 127.0.0.1 "$1"; }
sql() { mariadb --batch --skip-column-names network_project --execute "$1"; }
points() { sql "SELECT points FROM user_tracking WHERE user = '$1'"; }
verify() { pointsctl verify; }

section() { echo "# $*"; }

# ---------------------------------------------------------------------------------------------
section "installation on $(. /etc/os-release && echo "$PRETTY_NAME"), $(systemctl --version | head -n 1)"

install_package() { apt-get install --yes ./pointsd.deb; }
all_ports_answer() {
  local port
  for port in 5001 5002 5003 6001 6002; do
    like "$(ask "$port")" '^User: [A-Za-z]+ \| Points: [0-9]+ \| Last Update: ' || return 1
  done
}
five_users() {
  is "$(curl --silent --fail http://127.0.0.1:8080/api/users | grep -o '"user"' | wc -l)" 5
}
check "apt install ends well" install_package
echo "# $(mariadbd --version 2>/dev/null)"
check "the service runs after apt install" is "$(property pointsd ActiveState)" active
check "it is enabled" systemctl is-enabled pointsd
check "all five ports answer" all_ports_answer
check "the API lists five users" five_users
check "ready" curl --silent --fail http://127.0.0.1:8080/readyz
check "it runs as its own user" is "$(ps -o user= -p "$(property pointsd MainPID)")" pointsd
check "no password in the configuration" fails_with 1 grep -ri password /etc/pointsd
check "the account is the socket's" \
  like "$(mariadb -e "SHOW CREATE USER pointsd@localhost")" "unix_socket"
check "the manual pages are there" ls /usr/share/man/man8/pointsd.8.gz \
  /usr/share/man/man1/pointsctl.1.gz /usr/share/man/man5/pointsd.json.5.gz
check "nothing was refused by the sandbox" fails_with 1 \
  journalctl --unit pointsd --grep 'Operation not permitted|SIGSYS'

section "supervision by systemd"

start_returns_when_ready() {
  systemctl stop pointsd && systemctl start pointsd && all_ports_answer
}
check "systemctl start returns when the ports answer" start_returns_when_ready
check "the status line tells users and database" within 10 bash -c \
  'systemctl show --property=StatusText --value pointsd | grep -E "5/5 users running.*database ok"'
exposure() { systemd-analyze security --threshold=12 pointsd.service; }
check "exposure is 1.2 at most" exposure

journal_fields() {
  journalctl --unit pointsd POINTSD_USER=Afif POINTSD_EVENT=update --output=json --lines=1 |
    grep -q '"POINTSD_USER":"Afif"'
}
check "journal entries carry the user" within 70 journal_fields
check "the journal's text is the original's" like \
  "$(journalctl --unit pointsd POINTSD_USER=Afif --output=cat | tail -n 1)" 'Afif'

credential_is_used() {
  local status
  mkdir -p /etc/credstore
  (umask 077 && echo 0123456789abcdef0123456789abcdef >/etc/credstore/pointsd.http-token)
  cp /etc/pointsd/pointsd.json /tmp/good.json
  sed -i 's/"port": 8080/"port": 8080, "tokenFile": "pointsd.http-token"/' /etc/pointsd/pointsd.json
  systemctl restart pointsd
  status=$(curl --silent --output /dev/null --write-out '%{http_code}' --request POST \
    --header 'Authorization: Bearer 0123456789abcdef0123456789abcdef' \
    --header 'X-Forwarded-For: 192.0.2.1' http://127.0.0.1:8080/api/users/afif/pause)
  cp /tmp/good.json /etc/pointsd/pointsd.json
  rm /etc/credstore/pointsd.http-token
  systemctl restart pointsd
  is "$status" 200 && pointsctl resume afif
}
check "a token from the credential store lets a proxy's client change" credential_is_used
sessions_outlive_a_restart() {
  local url cookie session=http://127.0.0.1:8080/api/session
  url=$(pointsctl login) || return 1
  cookie=$(curl --silent --include --request POST "$url" | grep -io 'pointsd-session=[^;]*') || return 1
  systemctl restart pointsd
  like "$(curl --silent --cookie "$cookie" $session)" '"may_change":true' || return 1
  pointsctl login --revoke && systemctl restart pointsd
  like "$(curl --silent --cookie "$cookie" $session)" '"may_change":false'
}
check "a browser's session outlives a restart, and ends when it is revoked" sessions_outlive_a_restart

section "access"

stranger_is_refused() {
  useradd --system stranger
  fails_with 77 runuser -u stranger -- pointsctl ps || return 1
  like "$(runuser -u stranger -- pointsctl ps 2>&1)" 'Permission denied.*member of the socket'
}
member_may() {
  useradd --system --groups pointsd keeper
  runuser -u keeper -- pointsctl pause afif --reason lunch &&
    runuser -u keeper -- pointsctl resume afif || return 1
  journalctl --unit pointsd --grep 'pause Afif, asked by keeper \(uid [0-9]+\) via the control socket'
}
check "somebody else may not use the control socket" stranger_is_refused
check "a member of the group may, and is named" member_may

section "backup and restore"

full_disk() {
  mkdir -p /tmp/full && mount -t tmpfs -o size=4k tmpfs /tmp/full || return 1
  local said
  said=$(pointsctl backup /tmp/full/backup.sql 2>&1)
  is "$?" 74 && like "$said" 'No space left on device' && is "$(ls -A /tmp/full)" ""
  local outcome=$?
  umount /tmp/full
  return $outcome
}
backup_and_restore() {
  pointsctl backup /root/backup.sql || return 1
  like "$(stat --format=%a /root/backup.sql)" '^600$' || return 1
  pointsctl adjust afif 5000 --reason slip && pointsctl restore /root/backup.sql || return 1
  (($(points Afif) < 5000)) && verify
}
check "a backup to a full disk fails and leaves nothing" full_disk
check "backup and restore work inside the sandbox" backup_and_restore
logs_work() { like "$(pointsctl logs afif | tail -n 1)" 'Afif'; }
check "pointsctl logs tells of one user" logs_work

section "reload"

reload_good() {
  sed -i 's/"port": 6002/"port": 6003/' /etc/pointsd/pointsd.json
  python3 client.py 5001 12 1 >/tmp/client & local client=$!
  sleep 1
  systemctl reload pointsd || return 1
  within 10 bash -c 'printf "get_data\n" | nc -N -w 5 127.0.0.1 6003 | grep "User: Faiz"' || return 1
  wait "$client" || { echo "another user's client was disconnected"; return 1; }
}
reload_bad() {
  cp /etc/pointsd/pointsd.json /tmp/good.json
  echo '{ broken' >/etc/pointsd/pointsd.json
  if systemctl reload pointsd; then echo "the reload of a broken file succeeded"; return 1; fi
  cp /tmp/good.json /etc/pointsd/pointsd.json
  is "$(property pointsd ActiveState)" active && like "$(ask 5001)" 'User: Afif'
}
check "reload moves one user and disconnects nobody else" reload_good
reload_is_loud() {
  cp /etc/pointsd/pointsd.json /tmp/good.json
  echo '{ broken' >/etc/pointsd/pointsd.json
  systemctl reload pointsd
  cp /tmp/good.json /etc/pointsd/pointsd.json
  within 5 bash -c 'systemctl show --property=StatusText --value pointsd | grep "RELOAD REFUSED"' || return 1
  journalctl --unit pointsd POINTSD_EVENT=reload --output=cat | grep -q 'pointsd.json:1:3' || return 1
  systemctl reload pointsd || return 1
  within 5 bash -c '! systemctl show --property=StatusText --value pointsd | grep "RELOAD REFUSED"'
}
check "reload of a broken file fails and changes nothing" reload_bad
check "a refused reload is in the status line and the journal, until it is mended" reload_is_loud
check "the next reload is good again" systemctl reload pointsd

section "faults"

comes_back() { # PREVIOUS-PID
  [[ $(property pointsd MainPID) != "$1" && $(property pointsd ActiveState) == active ]]
}
kill_nine() {
  local before
  before=$(property pointsd MainPID)
  kill -KILL "$before"
  within 30 comes_back "$before" && ask 5001 && verify
}
watchdog() {
  local before
  mkdir -p /run/systemd/system/pointsd.service.d
  printf '[Service]\nWatchdogSec=3\nTimeoutAbortSec=2\n' >/run/systemd/system/pointsd.service.d/watchdog.conf
  systemctl daemon-reload
  systemctl restart pointsd || return 1
  before=$(property pointsd MainPID)
  kill -STOP "$before"
  within 30 comes_back "$before" || return 1
  journalctl --unit pointsd --grep 'Watchdog timeout' >/dev/null || return 1
  ask 5001 && verify
}
hanging_lane() {
  local before drop_in=/run/systemd/system/pointsd.service.d/hanging.conf
  printf '[Service]\nWatchdogSec=3\nTimeoutAbortSec=2\nEnvironment=LD_LIBRARY_PATH=/opt/checks/debug\n' >$drop_in
  printf 'ExecStart=\nExecStart=/opt/checks/debug/pointsd --config /etc/pointsd/pointsd.json\n' >>$drop_in
  systemctl daemon-reload
  systemctl restart pointsd || return 1
  before=$(property pointsd MainPID)
  is "$(readlink "/proc/$before/exe")" /opt/checks/debug/pointsd || return 1
  curl --silent --fail --output /dev/null http://127.0.0.1:8080/healthz || return 1
  kill -USR2 "$before"
  within 30 comes_back "$before" || return 1
  journalctl --unit pointsd POINTSD_EVENT=watchdog --output=cat | grep 'lanes' || return 1
  ask 5001 && verify || return 1
  rm $drop_in
  systemctl daemon-reload
  systemctl restart pointsd
}
database_away() {
  systemctl stop mariadb
  within 15 bash -c 'curl --silent -o /dev/null -w "%{http_code}" http://127.0.0.1:8080/readyz | grep -x 503' || return 1
  within 15 bash -c 'printf "get_data\n" | nc -N -w 5 127.0.0.1 5001 | grep "Stale: "' || return 1
  is "$(property pointsd ActiveState)" active || return 1
  systemctl start mariadb
  within 30 curl --silent --fail http://127.0.0.1:8080/readyz && verify
}
check "kill -9: it comes back and the ledger is whole" kill_nine
check "a daemon that hangs is restarted by the watchdog" watchdog
check "a lane that hangs, in a debug build, is named and ends in a restart" hanging_lane
check "the database away: served as stale, then caught up" database_away

wrong_configuration_stays_down() {
  cp /etc/pointsd/pointsd.json /tmp/good.json
  echo '{ broken' >/etc/pointsd/pointsd.json
  systemctl restart pointsd
  sleep 4
  local state status
  state=$(property pointsd ActiveState) status=$(property pointsd ExecMainStatus)
  cp /tmp/good.json /etc/pointsd/pointsd.json
  systemctl reset-failed pointsd
  systemctl start pointsd && is "$state $status" "failed 78"
}
check "a wrong configuration ends with 78 and is not tried again" wrong_configuration_stays_down

clean_stop() {
  systemctl stop pointsd || return 1
  is "$(property pointsd ExecMainStatus)" 0 || return 1
  is "$(property pointsd Result)" success || return 1
  is "$(sql 'SELECT COUNT(*) FROM runs WHERE closed_at IS NULL')" 0 || {
    mariadb network_project -e 'DESCRIBE runs'
    return 1
  }
  systemctl start pointsd
}
check "a stop closes the runs before it returns" clean_stop

managed_life() {
  local before
  systemctl restart pointsd || return 1
  within 20 curl --silent --fail http://127.0.0.1:8080/readyz || return 1
  before=$(property pointsd MainPID)
  kill -KILL "$before"
  within 30 comes_back "$before" || return 1
  within 20 verify || return 1
  systemctl stop pointsd || return 1
  is "$(property pointsd ExecMainStatus)" 0 || return 1
  fails_with 1 pgrep -f /var/lib/pointsd/mariadb
}
# What the sandbox refuses is named together with what allows it.
names_the_dropin() { journalctl --unit pointsd --output=cat --since "$1" | grep --fixed-strings "$2"; }
other_group_needs_leave() {
  local outcome=0 since
  since=$(date '+%F %T')
  cp /etc/pointsd/pointsd.json /tmp/good.json
  sed -i 's#"group": "pointsd"#"group": "adm"#' /etc/pointsd/pointsd.json
  # Whether or not it counts as started: what is asked for is the line.
  systemctl restart --no-block pointsd
  within 20 names_the_dropin "$since" 'SupplementaryGroups=adm and SystemCallFilter=@chown' || outcome=1
  cp /tmp/good.json /etc/pointsd/pointsd.json
  systemctl reset-failed pointsd
  systemctl restart pointsd && within 20 curl --silent --fail http://127.0.0.1:8080/readyz || outcome=1
  return $outcome
}
check "another group for the control socket needs leave, and the log says which" other_group_needs_leave

managed() {
  local outcome=0 since dropin=/etc/systemd/system/pointsd.service.d/managed.conf
  cp /etc/pointsd/pointsd.json /tmp/good.json
  sed -i 's#"hosts": \["/run/mysqld/mysqld.sock"\]#"managed": { "dataDirectory": "/var/lib/pointsd/mariadb" }#' \
    /etc/pointsd/pointsd.json
  since=$(date '+%F %T')
  systemctl restart --no-block pointsd
  within 30 names_the_dropin "$since" 'SystemCallFilter=@chown' || outcome=1
  systemctl stop pointsd
  systemctl reset-failed pointsd
  rm -rf /var/lib/pointsd/mariadb
  mkdir -p "${dropin%/*}"
  printf '[Service]\nSystemCallFilter=@chown\n' >"$dropin"
  systemctl daemon-reload
  managed_life || {
    outcome=1
    journalctl --unit pointsd --output=cat | tail -n 12
    tail -n 5 /var/lib/pointsd/mariadb/mariadbd.log
  }
  cp /tmp/good.json /etc/pointsd/pointsd.json
  rm "$dropin"
  systemctl daemon-reload
  systemctl restart pointsd
  rm -rf /var/lib/pointsd/mariadb
  return $outcome
}
check "with a database of its own: leave asked for, killed, back, and stopped after the runs" managed

section "the other units"

client_unit() {
  systemctl start pointsd-client@afif || return 1
  within 30 bash -c 'journalctl --unit pointsd-client@afif --output=cat | grep "User: Afif"'
}
check "pointsd-client@afif prints the points" client_unit
systemctl stop pointsd-client@afif

phpmyadmin_asserts() {
  systemctl start pointsd-phpmyadmin && return 1
  return 0
}
check "phpMyAdmin's unit fails while phpMyAdmin is not installed" phpmyadmin_asserts
printf 'phpmyadmin phpmyadmin/dbconfig-install boolean false\nphpmyadmin phpmyadmin/reconfigure-webserver multiselect\n' |
  debconf-set-selections
check "apt install phpmyadmin" apt-get install --yes --no-install-recommends \
  phpmyadmin php-cgi php-cli php-mysql
phpmyadmin_lists() {
  systemctl reset-failed pointsd-phpmyadmin
  systemctl start pointsd-phpmyadmin || { journalctl --unit pointsd-phpmyadmin --no-pager | tail; return 1; }
  local url=http://127.0.0.1:8081 jar=/tmp/jar token password page
  within 10 curl --silent --fail "$url/" || return 1
  password=$(cat /run/pointsd-phpmyadmin/password)
  token=$(curl --silent --cookie-jar "$jar" "$url/index.php" |
    grep -oE 'name="token" value="[^"]*"' | head -n 1 | sed 's/.*value="//; s/"$//')
  curl --silent --location --cookie "$jar" --cookie-jar "$jar" --output /dev/null \
    --data-urlencode pma_username=pointsd_phpmyadmin \
    --data-urlencode "pma_password=$password" --data-urlencode server=1 \
    --data-urlencode "token=$token" "$url/index.php?route=/"
  page=$(curl --silent --location --cookie "$jar" --cookie-jar "$jar" \
    "$url/index.php?route=/database/structure&db=network_project")
  [[ $page == *user_tracking* ]] || { tr -s ' \n' <<<"$page" | head -c 1500; journalctl --unit pointsd-phpmyadmin | tail -n 5; return 1; }
}
check "phpMyAdmin lists user_tracking after its login" phpmyadmin_lists
check "phpMyAdmin is not enabled" is "$(systemctl is-enabled pointsd-phpmyadmin)" static
systemctl stop pointsd-phpmyadmin

section "upgrade, removal, purge"

upgrade() {
  echo '{ "kept": 1 }' >/etc/pointsd/mine.json
  local before
  before=$(points Afif)
  apt-get install --yes -o Dpkg::Options::=--force-confold ./next.deb || return 1
  like "$(dpkg-query --show --showformat='${Version}' pointsd)" 'upgrade$' || return 1
  grep -q 6003 /etc/pointsd/pointsd.json || { echo "the configuration was replaced"; return 1; }
  is "$(property pointsd ActiveState)" active || return 1
  (($(points Afif) >= before)) && verify
}
stays_stopped() {
  systemctl stop pointsd
  apt-get install --yes --reinstall -o Dpkg::Options::=--force-confold ./next.deb || return 1
  is "$(property pointsd ActiveState)" inactive
}
remove() {
  apt-get remove --yes pointsd || return 1
  fails_with 1 pgrep -x pointsd || return 1
  [[ -e /etc/pointsd/pointsd.json ]] && points Afif
}
reinstall() {
  apt-get install --yes ./pointsd.deb || return 1
  is "$(property pointsd ActiveState)" active && verify
}
purge() {
  mariadb -e 'CREATE DATABASE others; CREATE TABLE others.kept (id INT)'
  apt-get purge --yes pointsd || return 1
  is "$(mariadb -BN -e "SHOW DATABASES LIKE 'network\_project'")" "" || return 1
  is "$(mariadb -BN -e "SELECT User FROM mysql.user WHERE User LIKE 'pointsd%'")" "" || return 1
  is "$(mariadb -BN -e "SHOW TABLES FROM others")" kept || return 1
  [[ ! -e /var/lib/pointsd && ! -e /etc/pointsd/pointsd.json && -e /etc/pointsd/mine.json ]] || {
    ls -la /var/lib/pointsd /etc/pointsd
    return 1
  }
}
check "an upgrade keeps configuration and points, and runs" upgrade
check "what was stopped stays stopped over an upgrade" stays_stopped
check "removal keeps configuration and points" remove
check "installed again, it goes on" reinstall
check "purge removes its own and nothing else" purge

echo "checks done, $failures failed"
