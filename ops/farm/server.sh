# shellcheck shell=bash disable=SC2154,SC2016
# The farm's servers: their configuration, start, stop and state. Sourced by ops/wikifarm, which sets `farm` (the
# farm's directory), `source` (the directory of this file) and `owner` (the pid that the farm lives as long as, or
# nothing).

# The value of one setting of the farm (private/farm.ini), empty when unset.
setting() {
    get_setting "$farm/private/farm.ini" "$1"
}

# Sets one setting of the farm.
set_setting() {
    put_setting "$farm/private/farm.ini" "$1" "$2"
}

# The pid in a file of run/, if that process is alive and one of this farm.
pid_of() {
    running_pid "$farm/run/$1.pid" "$farm"
}

is_running() {
    pid_of supervisor >/dev/null
}

# Chooses ports and the directory of the sockets: those of the last start where they are still free.
choose_places() {
    local wanted_port=$1 port sockets
    sockets=$(setting sockets)
    if [[ ! -d $sockets || ! -O $sockets ]]; then
        # Not below the farm: a socket's path has at most 107 bytes.
        sockets=$(mktemp -d "/tmp/farm.XXXXXXXX")
        set_setting sockets "$sockets"
    fi
    rm -f "$sockets/mariadb" "$sockets/php"
    if [[ $wanted_port -ne 0 ]]; then
        port_is_free "$wanted_port" || die "port $wanted_port of 127.0.0.1 is taken; give another with --port, or 0"
        set_setting port "$wanted_port"
    else
        port=$(setting port)
        if [[ -z $port ]] || ! port_is_free "$port"; then set_setting port "$(free_port)"; fi
    fi
    port=$(setting database_port)
    if [[ -z $port ]] || ! port_is_free "$port"; then set_setting database_port "$(free_port "$(setting port)")"; fi
}

render() {
    local name=$1 user_line=''
    if [[ $(id -u) -eq 0 ]]; then user_line='user root;'; fi
    sed -e "s|@DIRECTORY@|$farm|g" -e "s|@SOURCE@|$source|g" -e "s|@SOCKETS@|$(setting sockets)|g" \
        -e "s|@PORT@|$(setting port)|g" -e "s|@DATABASE_PORT@|$(setting database_port)|g" \
        -e "s|@USER@|$(id -un)|g" -e "s|@GROUP@|$(id -gn)|g" -e "s|@USER_LINE@|$user_line|g" \
        "$source/$name.in" >"$farm/etc/$name"
}

option_file() {
    local file=$1 user=$2 password=$3
    cat >"$file" <<END
[client]
user = $user
password = $password
socket = $(setting sockets)/mariadb
host = localhost
default-character-set = utf8mb4
END
    chmod 600 "$file"
}

# SQL that the database runs at each start: its users, and the list of wikis with the addresses of this start.
render_init_sql() {
    local base file=$farm/private/init.sql
    base=http://127.0.0.1:$(setting port)
    {
        echo "CREATE OR REPLACE USER root@localhost IDENTIFIED BY '$(setting root_password)';"
        echo "GRANT ALL ON *.* TO root@localhost WITH GRANT OPTION;"
        # These come with the data directory, and without a password.
        echo "DROP USER IF EXISTS root@'127.0.0.1', root@'::1';"
        echo "CREATE OR REPLACE USER mediawiki@localhost IDENTIFIED BY '$(setting database_password)';"
        echo "GRANT ALL ON *.* TO mediawiki@localhost;"
        local host
        for host in localhost 127.0.0.1; do
            echo "CREATE OR REPLACE USER reader@$host IDENTIFIED BY '$(setting reader_password)';"
            echo "GRANT SELECT, SHOW VIEW ON *.* TO reader@$host;"
        done
        sed "s|@BASE@|$base|g" "$source/meta_p.sql"
        awk -F '\t' -v base="$base" 'NR > 1 && $6 != "" {
            family = $3; name = $7; lang = $2; size = $5 > 20 ? 2 : 1; slice = "s" (3 + NR % 3) ".labsdb"
            if ($3 == "special") { family = "None"; name = "None"; lang = "en" }
            gsub(/\047/, "\047\047", name)
            printf "INSERT INTO meta_p.wiki (dbname, lang, name, family, url, size, slice, is_closed) VALUES ", ""
            printf "(\047%s\047, \047%s\047, \047%s\047, \047%s\047, ", $1, lang, name, family
            printf "\047%s/%s\047, %d, \047%s\047, %d);\n", base, $1, size, slice, $4
        }' "$farm/private/wikis.tsv"
    } >"$file"
    chmod 600 "$file"
}

# The lists of wikis in the form that `wikis sync --from FILE` reads, and what clients need.
render_lists() {
    local base
    base=http://127.0.0.1:$(setting port)
    local head=$'dbname\turl\tlang\tfamily\tclosed'
    awk -F '\t' -v head="$head" -v base="$base" 'BEGIN { OFS = FS; print head }
        NR > 1 && $6 != "" { print $1, base "/" $1, $2, $3, $4 }' "$farm/private/wikis.tsv" >"$farm/wikis.tsv"
    awk -F '\t' -v head="$head" -v base="$base" 'BEGIN { OFS = FS; print head }
        NR > 1 && $6 == "" { print $1, base "/" $1, $2, $3, $4 }' "$farm/private/wikis.tsv" >"$farm/extra.tsv"
    option_file "$farm/private/root.cnf" root "$(setting root_password)"
    option_file "$farm/reader.cnf" reader "$(setting reader_password)"
    cat >"$farm/farm.env" <<END
FARM_DIRECTORY="$farm"
FARM_BASE="$base"
FARM_WIKIS="$farm/wikis.tsv"
FARM_EXTRA="$farm/extra.tsv"
FARM_REQUESTS="$farm/log/requests.jsonl"
FARM_DATABASE_HOST="127.0.0.1"
FARM_DATABASE_PORT="$(setting database_port)"
FARM_DATABASE_SOCKET="$(setting sockets)/mariadb"
FARM_DATABASE_OPTION_FILE="$farm/reader.cnf"
FARM_META_DATABASE="meta_p"
FARM_SUPERVISOR_PID_FILE="$farm/run/supervisor.pid"
END
}

configure() {
    choose_places "$1"
    local name
    for name in mariadb.cnf php-fpm.conf nginx.conf fastcgi.conf; do render "$name"; done
    echo "init-file = \"$farm/private/init.sql\"" >>"$farm/etc/mariadb.cnf"
    render_init_sql
    render_lists
}

# Runs a command so that a signal to this script ends it at once.
run_child() {
    "$@" 8>&- &
    wait $!
}

# Starts the named servers and waits until they answer; false if one of them ends before.
launch() {
    FARM_OWNER=$owner setsid "$source/supervise" "$farm" "$@" >>"$farm/log/supervisor.log" 2>&1 </dev/null 8>&- &
    disown
    local deadline=$((SECONDS + 60)) supervisor
    until supervisor=$(pid_of supervisor); do
        [[ $SECONDS -lt $deadline ]] || return 1
        sleep 0.05
    done
    until mariadb-admin --defaults-file="$farm/private/root.cnf" ping >/dev/null 2>&1 && web_answers "$*"; do
        kill -0 "$supervisor" 2>/dev/null || return 1
        [[ $SECONDS -lt $deadline ]] || return 1
        sleep 0.1
    done
}

web_answers() {
    [[ $1 == *nginx* ]] || return 0
    php -r 'exit(@file_get_contents($argv[1]) === false ? 1 : 0);' -- "http://127.0.0.1:$(setting port)/" &&
        [[ -S $(setting sockets)/php ]]
}

# Starts everything; other ports are tried when somebody took one in between.
start() {
    local wanted_port=$1 try
    shift
    for try in 1 2 3; do
        configure "$wanted_port"
        if launch "$@"; then return 0; fi
        stop_servers
        if ! grep -qs 'Address already in use' "$farm"/log/{mariadb,nginx,supervisor}.log; then break; fi
        echo "wikifarm: a port was taken in between (try $try)" >&2
    done
    tail -n 5 "$farm"/log/{supervisor,mariadb,php,nginx}.log >&2 2>/dev/null || true
    die "the farm does not start; the ends of its logs are above ($farm/log)"
}

remove_sockets() {
    local sockets
    sockets=$(setting sockets)
    if [[ $sockets == /tmp/farm.* && -d $sockets && -O $sockets ]]; then rm -rf "$sockets"; fi
}

# Stops what runs, by pid: the supervisor, which stops its servers, or the servers one by one if it is gone.
stop_servers() {
    local pid name
    if pid=$(pid_of supervisor); then
        end_process "$pid" 900
    fi
    for name in nginx php mariadb; do
        if pid=$(pid_of "$name"); then
            end_process "$pid" 300
        fi
        rm -f "$farm/run/$name.pid"
    done
    rm -f "$farm/run/supervisor.pid"
}
