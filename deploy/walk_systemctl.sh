#!/bin/bash
# systemctl for deploy/walk.sh where systemd does not run: the same commands as the same users.
# Understands: daemon-reload; enable --now, start, stop, restart, reload NAME...
set -euo pipefail
action=$1
shift
[[ $action == daemon-reload ]] && exit
[[ ${1:-} == --now ]] && shift

read_field() { sed -n "s/^$2=//p" "/etc/systemd/system/$1.service"; }

start_unit() {
    local name=$1 user program
    user=$(read_field "$name" User)
    read -ra program <<< "$(read_field "$name" ExecStart)"
    (
        set -a
        for file in $(read_field "$name" EnvironmentFile); do . "$file"; done
        for pair in $(read_field "$name" Environment); do export "${pair?}"; done
        set +a
        umask "$(read_field "$name" UMask)"
        cd "$(read_field "$name" WorkingDirectory)"
        exec setsid setpriv --reuid "$user" --regid "$user" --init-groups "${program[@]}"
    ) > "$WALK/$name.log" 2>&1 < /dev/null &
    echo $! > "/run/walk-$name.pid"
}

stop_unit() {
    local pid
    pid=$(cat "/run/walk-$1.pid" 2> /dev/null) || return 0
    kill "$pid" 2> /dev/null || true
    for _ in $(seq 60); do [[ -d /proc/$pid ]] || break; sleep 0.2; done
    [[ ! -d /proc/$pid ]] || kill -9 "$pid" 2> /dev/null || true
    rm -f "/run/walk-$1.pid"
}

cluster() { pg_lsclusters -h | awk 'NR == 1 { print $1, $2 }'; }

for name in "$@"; do
    case $action-$name in
        enable-postgresql | start-postgresql) pg_ctlcluster $(cluster) start || [[ $? == 2 ]] ;;
        stop-postgresql) pg_ctlcluster $(cluster) stop -m fast || true ;;
        enable-redis-server | start-redis-server)
            setpriv --reuid redis --regid redis --init-groups redis-server /etc/redis/redis.conf \
                --daemonize yes --pidfile "" --supervised no > /dev/null ;;
        stop-redis-server) redis-cli -p 6379 shutdown nosave || true ;;
        reload-nginx | start-nginx) if [[ -s /run/nginx.pid && -d /proc/$(cat /run/nginx.pid) ]]; then nginx -s reload; else nginx; fi ;;
        stop-nginx) nginx -s stop 2> /dev/null || true ;;
        enable-fillwatch-* | start-fillwatch-*) start_unit "$name" ;;
        restart-fillwatch-*) stop_unit "$name"; start_unit "$name" ;;
        stop-fillwatch-*) stop_unit "$name" ;;
        *) echo "systemctl of the walk cannot $action $name" >&2; exit 1 ;;
    esac
done
