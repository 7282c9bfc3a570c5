#!/bin/sh
# Check the files of this folder with the tools they are written for, and say what was not checked.
# On Debian: apt-get install prometheus nginx-light caddy systemd. Exit code 1 when a tool refuses.
set -u
cd "$(dirname "$0")" || exit 1
PATH=$PATH:/usr/sbin:/sbin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0 left=""

check() {
    what=$1
    shift
    if "$@" > "$work/output" 2>&1; then
        echo "ok: $what"
    else
        cat "$work/output"
        echo "REFUSED: $what"
        failed=1
    fi
}

has() { command -v "$1" > /dev/null || { left="$left
not checked: $2 ($1 is not installed)"; return 1; }; }

check_prometheus() {
    cp prometheus/* "$work/"
    echo token > "$work/token"  # promtool wants the file to be there
    sed -i "s|/etc/prometheus/fillwatch-token|$work/token|" "$work/prometheus.yml"
    check "promtool check config" promtool check config "$work/prometheus.yml"
    check "promtool check rules" promtool check rules prometheus/fillwatch-alerts.yml
    check "promtool test rules" promtool test rules prometheus/fillwatch-alerts.test.yml
}

check_nginx() {
    openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=fillwatch.example.org \
        -keyout "$work/site.key" -out "$work/site.pem" 2> /dev/null
    sed "s|/etc/ssl/fillwatch.example.org|$work/site|" nginx.conf > "$work/site.conf"
    printf 'pid %s/pid; error_log stderr; events {} http { access_log off; include %s/site.conf; }\n' \
        "$work" "$work" > "$work/nginx.conf"
    check "nginx -t" nginx -t -c "$work/nginx.conf"
}

check_units() {
    mkdir "$work/units"
    for unit in systemd/*; do
        # The programs and the user are those of the server: this machine need not have them.
        sed -e 's|^ExecStart=[^ ]*|ExecStart=/bin/true|' -e 's|^ExecStartPre=[^ ]*|ExecStartPre=/bin/true|' \
            -e 's|^User=.*|User=root|' -e 's|^Group=.*|Group=root|' "$unit" > "$work/units/$(basename "$unit")"
    done
    check "systemd-analyze verify" systemd-analyze verify --man=no --recursive-errors=no "$work"/units/*
}

has promtool "prometheus/" && check_prometheus
has nginx "nginx.conf" && has openssl "nginx.conf" && check_nginx
has caddy "Caddyfile" && check "caddy validate" env HOME="$work" caddy validate --adapter caddyfile --config Caddyfile
if [ -d systemd ]; then
    has systemd-analyze "systemd/" && check_units
fi
if [ -f compose.yml ]; then
    if docker compose version > /dev/null 2>&1; then
        cp compose.yml compose.Caddyfile "$work/"
        for file in compose.env compose.worker.env; do cp "$file.example" "$work/$file"; done
        check "docker compose config" env FILLWATCH_HOST=a POSTGRES_PASSWORD=b \
            docker compose -f "$work/compose.yml" config --quiet
    else
        left="$left
not checked: compose.yml, Dockerfile (docker compose is not installed)"
    fi
fi
[ -z "$left" ] || echo "${left#?}"
exit $failed
