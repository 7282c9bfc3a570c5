#!/bin/bash
# Walk through docs/install.md as a stranger: run the commands of its blocks, in their order, then look.
#
#   deploy/walk.sh --change-this-machine [--keep]      walk; --keep leaves everything running
#   deploy/walk.sh --change-this-machine --remove      remove what --keep has left
#
# For a Debian 12 that may be thrown away, as root. It makes a user, a database, files in /srv, /etc and
# /var/lib, and starts servers at ports 80, 443, 5432, 6379, 8000 and 9100. Afterwards all of it is stopped
# and removed, unless --keep is given.
#
# What differs from the page: the blocks marked `walk=no` are left out; the certificate is made here; where
# systemd does not run, `systemctl` starts the same commands as the same users from the units, without
# their restrictions; npm is not installed anew where there is one.
set -euo pipefail
wanted=" $* "
[[ $wanted == *" --change-this-machine "* && $(id -u) == 0 ]] || { sed -n '2,14s/^# \?//p' "$0"; exit 2; }
project=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d /tmp/walk.XXXXXX)
chmod 711 "$work"
export HOST=fillwatch.example.org REPOSITORY=$project DEBIAN_FRONTEND=noninteractive WALK=$work
export PATH=$work/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin  # Debian's Python, not one of root's own
began=$(date +%s)
say() { echo "--- $(($(date +%s) - began)) s: $*"; }

finish() {
    code=$?
    trap - EXIT
    if ((code)); then
        for log in "$work"/*.log; do [[ -s $log ]] && { echo "=== ${log##*/}"; tail -n 8 "$log"; }; done
    fi
    [[ $wanted == *" --keep "* ]] || clean_up
    say "$( ((code)) && echo "STOPPED with exit code $code" || echo "the walk is done")"
    exit "$code"
}

clean_up() {
    systemctl stop fillwatch-beat fillwatch-stream fillwatch-worker fillwatch-web fillwatch-simulator nginx || true
    for database in fillwatch trial; do runuser -u postgres -- dropdb --if-exists --force $database || true; done
    runuser -u postgres -- dropuser --if-exists fillwatch || true
    systemctl stop redis-server postgresql || true
    rm -rf /srv/fillwatch /etc/fillwatch /var/lib/fillwatch /usr/local/bin/fillwatch /etc/nginx/sites-enabled/fillwatch
    rm -f /etc/systemd/system/fillwatch-*.service "/etc/ssl/$HOST".{pem,key} /usr/local/share/ca-certificates/walk.crt
    update-ca-certificates --fresh > /dev/null 2>&1 || true
    sed "/ $HOST # walk$/d" /etc/hosts > "$work/hosts" && cat "$work/hosts" > /etc/hosts
    userdel fillwatch 2> /dev/null || true
    rm -rf "$work"
}

make_tools() {
    mkdir "$work/bin"
    cat > "$work/bin/apt-get" << 'END'
#!/bin/bash
# npm of another source than Debian would be removed by Debian's
arguments=()
for word in "$@"; do [[ $word == npm ]] && command -v npm > /dev/null || arguments+=("$word"); done
exec /usr/bin/apt-get -q "${arguments[@]}"
END
    [[ -d /run/systemd/system ]] || cp "$project/deploy/walk_systemctl.sh" "$work/bin/systemctl"
    chmod 755 "$work"/bin/*
}

make_certificate() {
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$HOST" -addext "subjectAltName=DNS:$HOST" \
        -keyout "/etc/ssl/$HOST.key" -out "/etc/ssl/$HOST.pem" 2> /dev/null
    cp "/etc/ssl/$HOST.pem" /usr/local/share/ca-certificates/walk.crt
    update-ca-certificates > /dev/null 2>&1
    echo "127.0.0.1 $HOST # walk" >> /etc/hosts
    unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY REQUESTS_CA_BUNDLE SSL_CERT_FILE CURL_CA_BUNDLE
}

# The blocks as one program, each with its heading; before step 9 the minute that the page speaks of.
read_page() {
    echo "set -euo pipefail; cd /"
    awk '
        /^## / { heading = substr($0, 4); gsub(/[^a-zA-Z0-9 .,]/, "", heading) }
        /^```sh$/ { if (heading ~ /^8/) print "walk_certificate"
                    if (heading ~ /^9/) print "walk_wait"
                    print "walk_say \"" heading "\""; inside = 1; next }
        /^```$/ { inside = 0 }
        inside { print }
    ' "$project/docs/install.md"
}

walk_wait() {
    for _ in $(seq 60); do
        fillwatch health > "$work/health.log" 2>&1 && return
        sleep 3
    done
    cat "$work/health.log"
    return 1
}

# As docs/backup.md advises: restore into another database, to try the backup.
restore_trial() {
    runuser -u postgres -- createdb --owner fillwatch trial
    (
        set -a
        . /etc/fillwatch/fillwatch.env
        DATABASE_URL='postgres://fillwatch@/trial?host=/var/run/postgresql'
        cd /srv/fillwatch
        setpriv --reuid fillwatch --regid fillwatch --init-groups .venv/bin/python manage.py restore latest --yes
    ) > "$work/restore.log" 2>&1 || { cat "$work/restore.log"; return 1; }
    say "restored into another database: $(tail -n 2 "$work/restore.log" | xargs)"
}

look_around() {
    say "the page over https: $(curl -fsSL "https://$HOST/" | tr -d '\n' | grep -o '<title>[^<]*')"
    say "http is sent to: $(curl -sS -o /dev/null -w '%{http_code} %{redirect_url}' "http://$HOST/")"
    token=$(sed -n 's/^METRICS_TOKEN=//p' /etc/fillwatch/fillwatch.env)
    say "/metrics: $(curl -fsS -H "Authorization: Bearer $token" "https://$HOST/metrics" | grep -c '^fillwatch_') samples," \
        "without the token $(curl -sS -o /dev/null -w '%{http_code}' "https://$HOST/metrics")"
    say "an order: $(cd /srv/fillwatch && PYTHONPATH=. .venv/bin/python deploy/walk_order.py "https://$HOST" /var/lib/fillwatch/demo.json)"
    say "upgrade --check: $(fillwatch upgrade --check | tail -n 3)"
    restore_trial
    say "who runs: $(ps -eo user:10,args | grep '[/]srv/fillwatch/.venv/bin/python' | awk '{print $1}' | sort | uniq -c | xargs)"
}

make_tools
[[ $wanted != *" --remove "* ]] || { clean_up; exit; }
if id fillwatch > /dev/null 2>&1 || [[ -e /srv/fillwatch || -e /etc/fillwatch ]]; then
    echo "There is a Fillwatch on this machine; a walk needs one without."
    exit 1
fi
trap finish EXIT
read_page > "$work/page.sh"
walk_say() { say "$1"; }
walk_certificate() { [[ -f /etc/ssl/$HOST.pem ]] || make_certificate; }
# shellcheck source=/dev/null
. "$work/page.sh"
set +x
look_around
