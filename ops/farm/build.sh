# shellcheck shell=bash disable=SC2154
# Builds a farm from nothing: databases, wikis, content, and the template that `reset` copies. Sourced by ops/wikifarm.

mediawiki=/usr/share/mediawiki

# Runs a PHP script of the farm for one wiki: php_for WIKI SCRIPT ARGUMENT...
php_for() {
    local wiki=$1 script=$2
    shift 2
    # The timer thread of luasandbox may still run when PHP ends: its code must not be unloaded below it.
    ZEND_DONT_UNLOAD_MODULES=1 MW_CONFIG_FILE=$source/LocalSettings.php PERIGEE_FARM=$farm php -d memory_limit=1G -d error_log= \
        -d opcache.enable_cli=1 -d "opcache.file_cache=$farm/cache/opcache" -d opcache.validate_timestamps=1 \
        "$source/$script" --wiki="$wiki" "$@"
}

root_sql() {
    mariadb --defaults-file="$farm/private/root.cnf" "$@"
}

# Runs `JOB WIKI` for each of the given wikis, as many at a time as there are processors; false if one failed.
for_each_wiki() {
    local job=$1 wiki failed=0 running=0
    shift
    for wiki in "$@"; do
        if [[ $running -ge $(nproc) ]]; then
            wait -n || failed=1
            running=$((running - 1))
        fi
        "$job" "$wiki" 8>&- &
        running=$((running + 1))
    done
    while [[ $running -gt 0 ]]; do
        wait -n || failed=1
        running=$((running - 1))
    done
    return "$failed"
}

install_first_wiki() {
    local wiki=$1
    setting database_password >"$farm/private/database.pass"
    random_key 12 >"$farm/private/admin.pass"
    { echo HarvestBot@perigee && random_key 16 && echo; } >"$farm/private/bot.pass"
    chmod 600 "$farm/private/bot.pass"
    env -u MW_CONFIG_FILE php -d memory_limit=1G -d error_log= "$mediawiki/maintenance/install.php" \
        --confpath "$farm/tmp" --dbtype mysql --dbserver "localhost:$(setting sockets)/mariadb" --dbname "$wiki" \
        --dbuser mediawiki --dbpassfile "$farm/private/database.pass" --server http://127.0.0.1 --scriptpath "/$wiki" \
        --lang en --passfile "$farm/private/admin.pass" Farm Admin >"$farm/log/install.log" 2>&1 || return 1
    rm -f "$farm/tmp/LocalSettings.php" "$farm/private/database.pass"
    mariadb-dump --defaults-file="$farm/private/root.cnf" --skip-comments "$wiki" >"$farm/tmp/empty.sql"
}

load_wiki() {
    root_sql -e "CREATE DATABASE $1 CHARACTER SET binary" || return 1
    root_sql "$1" <"$farm/tmp/empty.sql"
}

lay_wiki() {
    php_for "$1" lay.php --seed "$(setting seed)" --modules "$(setting modules)" >"$farm/log/lay-$1.log" 2>&1 || {
        tail -n 20 "$farm/log/lay-$1.log" >&2
        echo "wikifarm: laying the content of $1 failed (its last lines are above)" >&2
        return 1
    }
}

# Everything from an empty directory to the template; the servers are stopped afterwards.
build() {
    local as_root=() names
    if [[ $(id -u) -eq 0 ]]; then as_root=(--user=root); fi
    rm -rf "$farm/data" "$farm/template" "$farm/cache"
    mkdir -p "$farm/data" "$farm"/cache/{opcache,scribunto,plain}
    chmod 700 "$farm/data"
    run_child mariadb-install-db --no-defaults --datadir="$farm/data" --auth-root-authentication-method=normal \
        --skip-test-db --innodb-file-per-table=0 --innodb-log-file-size=64M "${as_root[@]}" >"$farm/log/install.log" 2>&1 ||
        die "mariadb-install-db failed, see $farm/log/install.log"
    start 0 mariadb
    mapfile -t names < <(tail -n +2 "$farm/private/wikis.tsv" | cut -f 1)
    run_child install_first_wiki "${names[0]}" || die "MediaWiki's installer failed, see $farm/log/install.log"
    run_child for_each_wiki load_wiki "${names[@]:1}" || die "the databases could not be made"
    run_child for_each_wiki lay_wiki "${names[@]}" || die "the content could not be laid"
    stop_servers
    run_child cp -a --reflink=auto "$farm/data" "$farm/template.new"
    mv "$farm/template.new" "$farm/template"
    rm -f "$farm/tmp/empty.sql"
}
