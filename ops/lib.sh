# shellcheck shell=bash disable=SC2154
# What the scripts of this directory share. Sourced by them; `program` is the name that their messages begin with.

die() {
    echo "$program: $*" >&2
    exit 1
}

misuse() {
    echo "$program: $* (see ops/$program --help)" >&2
    exit 64
}

# The value of a setting in a file of lines "name = value", empty when unset: get_setting FILE NAME
get_setting() {
    [[ -f $1 ]] || return 0
    sed -n "s/^$2 = //p" "$1"
}

# put_setting FILE NAME VALUE
put_setting() {
    touch "$1"
    { sed "/^$2 = /d" "$1"; echo "$2 = $3"; } >"$1.new"
    mv "$1.new" "$1"
}

# So many random bytes, in hexadecimal.
random_key() {
    od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'
}

port_is_free() {
    ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Prints a free loopback port below the range that the kernel gives to outgoing connections. Arguments: ports to avoid.
free_port() {
    local try port
    for try in {1..200}; do
        port=$((15000 + (RANDOM * 32768 + RANDOM + try) % 17000))
        if [[ " $* " != *" $port "* ]] && port_is_free "$port"; then
            echo "$port"
            return
        fi
    done
    die "no free port on 127.0.0.1"
}

# The pid in FILE, if that process is alive and its command line has TEXT: running_pid FILE TEXT
running_pid() {
    local pid
    pid=$(cat "$1" 2>/dev/null) || return 1
    [[ -n $pid && -r /proc/$pid/cmdline ]] || return 1
    tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "$2" || return 1
    echo "$pid"
}

# When a process was started, in the kernel's ticks: with its pid, it names no other one.
process_start() {
    sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

# The pids below a process, the lowest first.
descendants() {
    local pid
    while read -r pid; do
        descendants "$pid"
        echo "$pid"
    done < <(grep -sl "^PPid:[[:space:]]*$1\$" /proc/[0-9]*/status | cut -d / -f 3)
}

# Waits until a process is gone, for so many tenths of a second.
wait_for_end() {
    local pid=$1 tenths=$2
    while kill -0 "$pid" 2>/dev/null; do
        if ((tenths-- <= 0)); then return 1; fi
        sleep 0.1
    done
}

# Ends a process: asks, waits so many tenths of a second, then kills.
end_process() {
    kill -TERM "$1" 2>/dev/null || return 0
    wait_for_end "$1" "$2" || kill -KILL "$1" 2>/dev/null || true
}

# Makes sure that there is a Swift toolchain that can build this package.
need_swift() {
    local version
    command -v swift >/dev/null ||
        die "Swift 6.3 or newer is missing; install it for Debian 12 from https://www.swift.org/install/linux/ and put it on the PATH"
    version=$(swift --version 2>/dev/null | sed -n 's/^.*Swift version \([0-9]*\.[0-9]*\).*$/\1/p')
    [[ $(printf '6.3\n%s\n' "$version" | sort -V | head -n 1) == 6.3 ]] ||
        die "Swift 6.3 or newer is needed, and this is ${version:-unknown} ($(command -v swift))"
}

# The pid of the step under way, empty between steps.
step_pid=''

# Runs a command with its output in LOG; one line tells what it is, the seconds that it took, and what it wrote to
# fd 7: step TITLE LOG COMMAND...
step() {
    local title=$1 log=$2 began=$SECONDS state=0
    shift 2
    printf '%-26s' "$title"
    # fd 9 is the caller's lock, which nobody is to inherit.
    "$@" 7>"$log.remark" >"$log" 2>&1 </dev/null 9>&- &
    step_pid=$!
    wait "$step_pid" || state=$?
    step_pid=''
    if [[ $state -ne 0 ]]; then
        printf 'failed after %d s\n' $((SECONDS - began))
        rm -f "$log.remark"
        tail -n "${step_lines:-15}" "$log" | sed 's/^/    /' >&2
        die "$title: failed; all it said is in $log"
    fi
    printf '%5d s  %s\n' $((SECONDS - began)) "$(cat "$log.remark")"
    rm -f "$log.remark"
}

# Ends the step under way with all that it started.
abort_step() {
    local pid
    [[ -n $step_pid ]] || return 0
    for pid in $(descendants "$step_pid") "$step_pid"; do kill -TERM "$pid" 2>/dev/null || true; done
    wait_for_end "$step_pid" 100 || kill -KILL "$step_pid" 2>/dev/null || true
    step_pid=''
}
