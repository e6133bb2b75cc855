/*
 * Leases: two coordinators, two workers, one job, a database that may forget, a network that loses, delays, repeats and
 * reorders. Promela, for Spin 6; protocols/check-model runs it. What each step stands for in the code, and why some messages
 * are no messages here, is in protocols/README.md, "The model".
 *
 * Faults share one budget, FAULTS: every schedule with at most so many of them is looked at, and faults may stop at any
 * time. The properties are the boolean variables below: each is true for as long as it holds.
 *
 * Defined or not: FORGETFUL (the database may forget its last commits), LIVENESS (look for cycles instead of assertions), and
 * rules that are broken on purpose: NO_FENCE, NO_LEASE_ID, GRANT_BEFORE_COMMIT, REAP_AFTER_RESTART, DEPOSED_COMPLETES,
 * FENCE_UNLOCKED, BLIND_RETRY, NO_CATCH_UP, PHANTOM_LEASE, TERM_NUMBER_ONLY, COMPLETE_UNCHECKED, DEPOSED_RENEWS.
 */

#ifndef FAULTS
#define FAULTS 2            /* how many faults there are at most, of all kinds together */
#endif
#ifndef ITEMS
#define ITEMS 2             /* transactions that the job takes, one item in each */
#endif
#define WORKERS 2
#define COORDINATORS 2
#define IDS 9               /* lease ids; one that nobody has any more counts as fresh again */
#define ATTEMPTS 12         /* more grants than any schedule needs */
#define INCARNATIONS 7      /* the same of coordinators */

/* ---- properties ---- */
bool work_by_the_current_lease_only = true;   /* a worker's transaction commits while the table names its lease */
bool each_item_counted_once = true;           /* no checkpoint sequence takes effect twice */
bool writes_by_the_term_in_force_only = true; /* a coordinator changes a job while the term row names it */
bool ended_by_the_current_lease_only = true;  /* completed, failed, released: by the lease that the table names */
bool done_when_all_is_written = true;         /* a job that is done has the effects of all its items */
bool grant_committed_before_sent = true;      /* a worker gets no lease that never was in the table */
bool kept_lease_is_not_taken_back = true;     /* none that its worker has renewed in time, by the worker's own clock,
                                                 unless the database forgot who took the term */
bool every_job_ends = true;                   /* when faults have stopped and nothing more happens, the job has ended */
bool model_has_room = true;                   /* the bounds of the model are wide enough */

#define REQUIRE(property, condition) property = (condition); assert(property)

/* ---- the table ---- */
#define ABSENT 0            /* the plan was forgotten */
#define READY 1
#define LEASED 2
#define DONE 3
#define FAILED 4

typedef Table {
    byte state; byte lease; byte worker;    /* the row of jobs */
    byte attempt;
    byte sequence; byte writer;             /* the row of checkpoints: how far, by which lease */
    byte effects;                           /* rows of results: one bit for each item */
    byte owner;                             /* the row of coordinator_term: the incarnation */
#ifdef TERM_NUMBER_ONLY
    byte term
#endif
}
Table db;                   /* what the server says */
#ifdef FORGETFUL
Table disk;                 /* what is left of it after a crash */
#endif

/* ---- what becomes of a job ---- */
#define NOTHING 0
mtype = { GRANT, COMPLETE, FAIL, RELEASE, REAP };

/* ---- workers ---- */
#define IDLE 0              /* has no job; an Acquire is under way */
#define WORKING 1           /* fetches */
#define WRITING 2           /* has a transaction open */
#define UNSURE 3            /* sent COMMIT and got no answer */
#define REPORTING 4         /* tells what became of the job, again and again */
byte doing[WORKERS];
byte held[WORKERS];         /* the lease that it works for */
byte written[WORKERS];      /* the last checkpoint that it knows of */
mtype outcome[WORKERS];     /* what it reports */
bool renewed[WORKERS];      /* a heartbeat for the lease was answered */
bool running[WORKERS];      /* the lease hasn't run out, by the worker's clock */
#ifdef DEPOSED_RENEWS
bool stray[WORKERS];        /* it was answered by a coordinator that had been deposed */
#endif

/* The worker's transaction, as the server has it. */
#define NO_TX 0
#define OPEN 1
#define COMMITTING 2        /* COMMIT was sent and the connection lost: the server will take it, or not */
byte tx[WORKERS];
byte tx_lease[WORKERS];
byte tx_sequence[WORKERS];

/* ---- messages under way ---- */
byte granted[WORKERS];      /* to a worker: a grant of this lease */
mtype late[WORKERS];        /* from a worker that has given up, or sent twice: a report */
byte late_lease[WORKERS];

/* ---- coordinators ---- */
bool up[COORDINATORS];
byte incarnation[COORDINATORS];
#ifdef TERM_NUMBER_ONLY
byte term[COORDINATORS];
#endif
/* The image of the job in memory; ABSENT when it has none. */
byte mem_state[COORDINATORS];
byte mem_lease[COORDINATORS];
byte mem_worker[COORDINATORS];
/* The transition that was decided and isn't in the table yet. */
mtype op[COORDINATORS];
byte op_lease[COORDINATORS];    /* that is granted, or ends */
byte op_worker[COORDINATORS];
byte mem_attempt[COORDINATORS];
byte op_attempt[COORDINATORS];  /* of the job before it */
#ifdef REAP_AFTER_RESTART
bool loaded[COORDINATORS];
#endif

byte faults = FAULTS;
bool begun;                 /* a first lease was drawn: for worker 0, since until then the workers are alike */
bool term_forgotten;        /* the database has forgotten who took the term: one that was deposed may rule again */
short uncommitted;          /* ids that were granted in memory and never were in the table */
#ifdef NO_LEASE_ID
byte attempt_of[IDS + 1];
#endif
byte l;                     /* within one step; 0 between steps, as is the next */
byte i;

/* ---- what steps are made of ---- */
#define ANY_TX (tx[0] != NO_TX || tx[1] != NO_TX)
#if defined(NO_FENCE) || defined(FENCE_UNLOCKED)
#define ROW_IS_LOCKED false
#else
#define ROW_IS_LOCKED ANY_TX
#endif

#ifdef NO_LEASE_ID
#define SAME_LEASE(a, b) ((a) != 0 && (b) != 0 && attempt_of[a] == attempt_of[b])
#else
#define SAME_LEASE(a, b) ((a) == (b))
#endif

#ifdef NO_FENCE
#define FENCE(w) true
#else
#define FENCE(w) (db.state == LEASED && SAME_LEASE(db.lease, held[w]))
#endif

/* The term row names it. One that is deposed finds out in some time; what it answers until then counts as faults. */
#define RULES(c) (db.owner == incarnation[c])
#ifdef TERM_NUMBER_ONLY
#define IN_FORCE(c) (db.term == term[c])
#else
#define IN_FORCE(c) RULES(c)
#endif
#ifdef DEPOSED_COMPLETES
#define MAY_WRITE(c) (IN_FORCE(c) || op[c] == COMPLETE)
#else
#define MAY_WRITE(c) IN_FORCE(c)
#endif
#define OWNER_LIVES ((up[0] && RULES(0)) || (up[1] && RULES(1)))
#define ANSWERS(c) (up[c] && (IN_FORCE(c) || faults > 0))

#define KNOWS(c, w, l) (mem_state[c] == LEASED && SAME_LEASE(mem_lease[c], l) && mem_worker[c] == w)

/* By the worker's own clock it has the lease, and may count on it. */
#define COUNTS_ON(w, l) (held[w] == l && running[w] && renewed[w])
/* Then it has by the coordinator's clock too, since the worker counts from the sending of its heartbeat. */
#ifdef DEPOSED_RENEWS
#define KEEPS(w, l) (COUNTS_ON(w, l) && !stray[w])
#else
#define KEEPS(w, l) COUNTS_ON(w, l)
#endif
/* The next one takes back no lease before the last one has had the time to find out that it is deposed. */
#ifdef DEPOSED_RENEWS
#define MAY_RENEW(c) true
#else
#define MAY_RENEW(c) (RULES(c) || op[1 - c] != REAP)
#endif
#ifdef DEPOSED_RENEWS
#define IS_STRAY(w) stray[w]
#else
#define IS_STRAY(w) false
#endif
/* Its time counts as over although nobody has had the time to renew it. */
#ifdef REAP_AFTER_RESTART
#define JUST_LOADED(c) loaded[c]
#else
#define JUST_LOADED(c) false
#endif
/* Somebody still may work for it, or is about to. */
#define ALIVE(w, l) ((held[w] == l && running[w]) || granted[w] == l)

#define ENDED (db.state != READY && db.state != LEASED && \
    (!up[0] || mem_state[0] == ABSENT) && (!up[1] || mem_state[1] == ABSENT))

inline copy(target, source) {
    target.state = source.state; target.lease = source.lease; target.worker = source.worker;
    target.attempt = source.attempt;
    target.sequence = source.sequence; target.writer = source.writer; target.effects = source.effects;
#ifdef TERM_NUMBER_ONLY
    target.term = source.term;
#endif
    target.owner = source.owner
}

/* What is never looked at again is cleared, so that states which differ in it alone are one. */
inline clear_disk() {
#ifdef FORGETFUL
    disk.state = 0; disk.lease = 0; disk.worker = 0; disk.sequence = 0; disk.writer = 0; disk.effects = 0;
    disk.attempt = 0;
#ifdef TERM_NUMBER_ONLY
    disk.term = 0;
#endif
    disk.owner = 0
#else
    skip
#endif
}

inline spend() {
    faults--;
    if
    :: faults == 0 -> clear_disk()
    :: else
    fi
}

/* A transaction is about to be committed: all before it may have come to the disk, or not. */
inline begin_commit() {
#ifdef FORGETFUL
    if
    :: faults > 0 ->
        if
        :: copy(disk, db)
        :: true
        fi
    :: else
    fi
#else
    skip
#endif
}

#ifdef FORGETFUL
#define DISK_HAS(i) (disk.lease == i || disk.writer == i)
#define DISK_OWNER(i) (disk.owner == i)
#else
#define DISK_HAS(i) false
#define DISK_OWNER(i) false
#endif
#define IN_USE(i) (db.lease == i || db.writer == i || DISK_HAS(i) || held[0] == i || held[1] == i || \
    tx_lease[0] == i || tx_lease[1] == i || mem_lease[0] == i || mem_lease[1] == i || op_lease[0] == i || \
    op_lease[1] == i || granted[0] == i || granted[1] == i || late_lease[0] == i || late_lease[1] == i)

/* A random lease id: one that nobody has. */
inline draw() {
    l = 1;
    do
    :: l <= IDS && IN_USE(l) -> l++
    :: else -> break
    od;
    REQUIRE(model_has_room, l <= IDS)
}

/* ================================================================ workers ================================================ */

inline drop(w) {
    /* Who wrote a checkpoint is only asked by the lease itself. */
    if
    :: db.writer == held[w] -> db.writer = 0
    :: else
    fi;
#ifdef FORGETFUL
    if
    :: disk.writer == held[w] -> disk.writer = 0
    :: else
    fi;
#endif
    doing[w] = IDLE; held[w] = 0; written[w] = 0; outcome[w] = NOTHING; renewed[w] = false; running[w] = false;
#ifdef DEPOSED_RENEWS
    stray[w] = false;
#endif
}

/* The worker waits for no answer any more; its report may be under way still. */
inline give_up(w) {
    if
    :: doing[w] == REPORTING && late[w] == NOTHING -> late[w] = outcome[w]; late_lease[w] = held[w]
    :: true
    fi;
    drop(w)
}

inline report(w, what) {
    doing[w] = REPORTING; outcome[w] = what
}

inline advance(w) {
    written[w]++;
    if
    :: written[w] == ITEMS -> report(w, COMPLETE)
    :: else -> doing[w] = WORKING
    fi
}

inline begin_tx(w) {
    tx[w] = OPEN; tx_lease[w] = held[w]; tx_sequence[w] = written[w] + 1; doing[w] = WRITING
}

inline end_tx(w) {
    tx[w] = NO_TX; tx_lease[w] = 0; tx_sequence[w] = 0
}

/* The transaction of a worker takes effect: rows and checkpoint. */
inline apply(w) {
    REQUIRE(work_by_the_current_lease_only, db.state == LEASED && db.lease == tx_lease[w]);
    REQUIRE(each_item_counted_once, (db.effects & (1 << tx_sequence[w])) == 0);
    begin_commit();
    db.effects = db.effects | (1 << tx_sequence[w]);
    db.sequence = tx_sequence[w];
    if
    :: held[w] == tx_lease[w] -> db.writer = tx_lease[w]
    :: else -> db.writer = 0
    fi;
    end_tx(w)
}

proctype Worker(byte w) {
end:
    do
    :: atomic {
        granted[w] != 0 -> l = granted[w];
        if
        :: granted[w] = 0
        :: faults > 0 -> spend(); printf("the network repeats a grant to worker %d\n", w)
        fi;
        if
        :: doing[w] == IDLE ->
            held[w] = l; running[w] = true; written[w] = db.sequence;
            printf("worker %d gets lease %d and finds checkpoint %d\n", w, l, written[w]);
            if
            :: written[w] == ITEMS -> report(w, COMPLETE)
            :: else -> doing[w] = WORKING
            fi;
            REQUIRE(grant_committed_before_sent, (uncommitted & (1 << l)) == 0)
        :: else -> printf("worker %d is busy and drops lease %d\n", w, l)
        fi;
        l = 0
    }

    /* -- its time is over: it was stopped, or its heartbeats weren't answered; it may wake in the middle of anything -- */
    :: atomic {
        running[w] && faults > 0 ->
        running[w] = false;
        printf("lease %d runs out by the clock of worker %d\n", held[w], w);
        spend()
    }
    :: atomic {
        held[w] != 0 && !running[w] && doing[w] != WRITING ->
        printf("worker %d drops lease %d, which has run out\n", w, held[w]);
        give_up(w)
    }

    /* -- a transaction: fence, rows, checkpoint -- */
    :: atomic {
        doing[w] == WORKING && !ANY_TX ->
        if
        :: !FENCE(w) -> printf("worker %d finds at the fence that lease %d is over\n", w, held[w]); drop(w)
        :: FENCE(w) && db.sequence != written[w] ->
            printf("worker %d finds checkpoint %d instead of %d\n", w, db.sequence, written[w]);
            report(w, RELEASE)
        :: FENCE(w) && db.sequence == written[w] ->
            printf("worker %d with lease %d is past the fence, to write item %d\n", w, held[w], written[w] + 1);
            begin_tx(w)
        fi
    }
    :: atomic {
        doing[w] == WRITING ->
        if
        :: true ->
            printf("worker %d commits item %d with lease %d\n", w, tx_sequence[w], tx_lease[w]);
            apply(w);
            advance(w)
        :: faults > 0 ->
            printf("worker %d loses its connection in the COMMIT of item %d with lease %d\n", w, tx_sequence[w], held[w]);
            tx[w] = COMMITTING; doing[w] = UNSURE;
            spend()
        fi
    }
    /* Runs the transaction again: it waits for the locks of the first, and finds out what became of that. */
    :: atomic {
        doing[w] == UNSURE && !ANY_TX ->
        if
        :: !FENCE(w) -> printf("worker %d finds at the fence that lease %d is over\n", w, held[w]); drop(w)
#ifdef BLIND_RETRY
        :: FENCE(w) -> printf("worker %d writes item %d again\n", w, written[w] + 1); begin_tx(w)
#else
        :: FENCE(w) && db.sequence == written[w] + 1 && SAME_LEASE(db.writer, held[w]) ->
            printf("worker %d finds that item %d was committed\n", w, written[w] + 1);
            advance(w)
        :: FENCE(w) && db.sequence == written[w] ->
            printf("worker %d finds that item %d wasn't committed, and writes it again\n", w, written[w] + 1);
            begin_tx(w)
        :: FENCE(w) && db.sequence != written[w] && !(db.sequence == written[w] + 1 && SAME_LEASE(db.writer, held[w])) ->
            printf("worker %d finds checkpoint %d instead of %d\n", w, db.sequence, written[w]);
            report(w, RELEASE)
#endif
        fi
    }

    /* -- the work ends before its time -- */
    :: atomic {
        doing[w] == WORKING && faults > 0 ->
        if
        :: printf("worker %d is told to stop\n", w); report(w, RELEASE)
        :: printf("the work of worker %d fails for good\n", w); report(w, FAIL)
        fi;
        spend()
    }
    /* -- kill -9; the next process has another incarnation and hears nothing that was meant for this one -- */
    :: atomic {
        (doing[w] != IDLE || granted[w] != 0) && faults > 0 ->
        printf("worker %d is killed\n", w);
        if
        :: tx[w] == OPEN -> end_tx(w)
        :: else
        fi;
        give_up(w);
        granted[w] = 0;
        spend()
    }
    od
}

/* ============================================================= coordinators ============================================== */

inline clear_memory(c) {
    mem_state[c] = ABSENT; mem_lease[c] = 0; mem_worker[c] = 0;
    mem_attempt[c] = 0;
}

inline clear_op(c) {
    op[c] = NOTHING; op_lease[c] = 0; op_worker[c] = 0;
    op_attempt[c] = 0;
}

inline forget_grant(c) {
#ifndef GRANT_BEFORE_COMMIT
    if
    :: op[c] == GRANT -> uncommitted = uncommitted & ~(1 << op_lease[c])
    :: else
    fi
#else
    skip
#endif
}

inline go_down(c) {
    forget_grant(c);
    clear_memory(c); clear_op(c);
    up[c] = false; incarnation[c] = 0;
#ifdef TERM_NUMBER_ONLY
    term[c] = 0;
#endif
#ifdef REAP_AFTER_RESTART
    loaded[c] = false;
#endif
}

/* The table holds: the job is loaded again, and is none of memory's when it has ended. */
inline load(c) {
    clear_memory(c);
    if
    :: db.state == READY || db.state == LEASED ->
        mem_state[c] = db.state; mem_lease[c] = db.lease; mem_worker[c] = db.worker;
        mem_attempt[c] = db.attempt;
#ifdef REAP_AFTER_RESTART
        loaded[c] = true;
#endif
    :: else
    fi
}

#define ATTEMPT_BEFORE(c) (db.attempt == op_attempt[c])
#define ATTEMPT_AFTER(c) (db.attempt == op_attempt[c] + (op[c] == GRANT -> 1 : 0))
#define HAS_LEASE(c) (db.state == LEASED && SAME_LEASE(db.lease, op_lease[c]) && db.worker == op_worker[c])
#define BEFORE(c) (ATTEMPT_BEFORE(c) && ((op[c] == GRANT && db.state == READY) || (op[c] != GRANT && HAS_LEASE(c))))
#define AFTER(c) (ATTEMPT_AFTER(c) && ((op[c] == GRANT && HAS_LEASE(c)) || (op[c] == COMPLETE && db.state == DONE) || \
    (op[c] == FAIL && db.state == FAILED) || ((op[c] == RELEASE || op[c] == REAP) && db.state == READY)))
#define PASSED_OVER(c) (op[c] == REAP && (ROW_IS_LOCKED || PHANTOM))
#ifdef PHANTOM_LEASE
#define PHANTOM (db.state == ABSENT)
#else
#define PHANTOM false
#endif

#ifdef GRANT_BEFORE_COMMIT
#define SLOT_FREE(c) true
#else
#define SLOT_FREE(c) (op[c] != GRANT || granted[op_worker[c]] == 0)
#endif

inline write(c) {
    REQUIRE(writes_by_the_term_in_force_only, RULES(c));
    if
    :: op[c] == REAP ->
        REQUIRE(kept_lease_is_not_taken_back,
            term_forgotten || (!COUNTS_ON(0, op_lease[c]) && !COUNTS_ON(1, op_lease[c])))
    :: op[c] == COMPLETE || op[c] == FAIL || op[c] == RELEASE ->
        REQUIRE(ended_by_the_current_lease_only, db.state == LEASED && db.lease == op_lease[c])
    :: else
    fi;
    begin_commit();
    if
    :: op[c] == GRANT ->
        db.state = LEASED; db.lease = op_lease[c]; db.worker = op_worker[c];
        db.attempt++;
        uncommitted = uncommitted & ~(1 << op_lease[c])
    :: else ->
        db.lease = 0; db.worker = 0;
        if
#ifdef COMPLETE_UNCHECKED
        :: op[c] == COMPLETE -> db.state = DONE
#else
        :: op[c] == COMPLETE && db.sequence == ITEMS -> db.state = DONE
        /* The database has forgotten what the worker wrote: the job goes on from its checkpoint. */
        :: op[c] == COMPLETE && db.sequence != ITEMS -> db.state = READY; load(c)
#endif
        :: op[c] == FAIL -> db.state = FAILED
        :: op[c] == RELEASE || op[c] == REAP -> db.state = READY
        fi;
        REQUIRE(done_when_all_is_written, db.state != DONE || db.effects == (1 << (ITEMS + 1)) - 2)
    fi
}

/* The worker hears what became of its report, if it still waits; accepted or stale, it drops the job. */
inline answer(w, kind, lease) {
    if
    :: doing[w] == REPORTING && held[w] == lease && outcome[w] == kind ->
        if
        :: drop(w)
        :: faults > 0 -> spend(); printf("    and the answer is lost\n")
        fi
    :: else
    fi
}

/* It is in the table: whoever waits is told. */
inline finish(c) {
    if
#ifndef GRANT_BEFORE_COMMIT
    :: op[c] == GRANT ->
        if
        :: granted[op_worker[c]] = op_lease[c]
        :: faults > 0 -> spend(); printf("    and the grant is lost\n")
        fi
#else
    :: op[c] == GRANT
#endif
    :: op[c] == COMPLETE || op[c] == FAIL || op[c] == RELEASE -> answer(op_worker[c], op[c], op_lease[c])
    :: op[c] == REAP
    fi;
    clear_op(c)
}

inline notice_term(c) {
    if
    :: !IN_FORCE(c) -> spend(); printf("coordinator %d doesn't know yet that it is deposed\n", c)
    :: else
    fi
}

/* An idle worker asks all the time; a late or repeated Acquire is a fault. */
inline take_acquire(c, w) {
    atomic {
        ANSWERS(c) && op[c] == NOTHING && mem_state[c] == READY && granted[w] == 0 && (doing[w] == IDLE || faults > 0) &&
        (begun || w == 0) ->
        begun = true;
        draw();
        REQUIRE(model_has_room, mem_attempt[c] < ATTEMPTS);
        printf("coordinator %d decides: GRANT of lease %d, attempt %d, to worker %d\n", c, l, mem_attempt[c] + 1, w);
        op[c] = GRANT; op_lease[c] = l; op_worker[c] = w;
        mem_state[c] = LEASED; mem_lease[c] = l; mem_worker[c] = w;
        uncommitted = uncommitted | (1 << l);
        op_attempt[c] = mem_attempt[c]; mem_attempt[c]++;
#ifdef NO_LEASE_ID
        attempt_of[l] = mem_attempt[c];
#endif
#ifdef REAP_AFTER_RESTART
        loaded[c] = false;
#endif
#ifdef GRANT_BEFORE_COMMIT
        granted[w] = l;
#endif
        if
        :: !IN_FORCE(c) || doing[w] != IDLE -> spend(); printf("    which is a fault: deposed, or a late Acquire\n")
        :: else
        fi;
        l = 0
    }
}

/* A heartbeat and its answer, where they change anything. */
inline take_heartbeat(c, w) {
    atomic {
        ANSWERS(c) && held[w] != 0 && KNOWS(c, w, held[w]) && (!renewed[w] || IS_STRAY(w) || JUST_LOADED(c)) && MAY_RENEW(c) ->
        printf("coordinator %d renews lease %d of worker %d\n", c, held[w], w);
#ifdef DEPOSED_RENEWS
        stray[w] = !RULES(c) && (!renewed[w] || stray[w]);
#endif
#ifdef REAP_AFTER_RESTART
        loaded[c] = false;
#endif
        renewed[w] = true;
        notice_term(c)
    }
}

inline refuse_heartbeat(c, w) {
    atomic {
        ANSWERS(c) && held[w] != 0 && !KNOWS(c, w, held[w]) && doing[w] != WRITING ->
        printf("coordinator %d tells worker %d that lease %d is lost\n", c, w, held[w]);
        give_up(w);
        notice_term(c)
    }
}

inline decide(c, w, kind, lease) {
    if
    :: KNOWS(c, w, lease) ->
        printf("coordinator %d decides: %e of lease %d, as worker %d says\n", c, kind, lease, w);
        op[c] = kind; op_lease[c] = lease; op_worker[c] = w;
        mem_lease[c] = 0; mem_worker[c] = 0;
        op_attempt[c] = mem_attempt[c];
        if
        :: kind == RELEASE -> mem_state[c] = READY
        :: else -> clear_memory(c)
        fi
    :: else ->
        printf("coordinator %d tells worker %d that lease %d is stale\n", c, w, lease);
        answer(w, kind, lease)
    fi
}

inline take_report(c, w) {
    atomic {
        ANSWERS(c) && op[c] == NOTHING && doing[w] == REPORTING ->
        notice_term(c);
        if
        :: faults > 0 && late[w] == NOTHING -> spend(); late[w] = outcome[w]; late_lease[w] = held[w];
            printf("the network will repeat a report of worker %d\n", w)
        :: true
        fi;
        decide(c, w, outcome[w], held[w])
    }
}

inline take_late_report(c, w) {
    atomic {
        ANSWERS(c) && op[c] == NOTHING && late[w] != NOTHING ->
        notice_term(c);
        decide(c, w, late[w], late_lease[w]);
        late[w] = NOTHING; late_lease[w] = 0
    }
}

proctype Coordinator(byte c) {
end:
    do
    /* -- starts: again when it has died, or beside one that lives, to depose it -- */
    :: atomic {
        !up[c] && (!OWNER_LIVES || faults > 0) ->
        if
        :: OWNER_LIVES -> spend()
        :: else
        fi;
        begin_commit();
        i = 1;
        do
        :: i <= INCARNATIONS && (db.owner == i || DISK_OWNER(i) || incarnation[0] == i || incarnation[1] == i) -> i++
        :: else -> break
        od;
        REQUIRE(model_has_room, i <= INCARNATIONS);
        db.owner = i; incarnation[c] = i; up[c] = true;
#ifdef TERM_NUMBER_ONLY
        db.term++; term[c] = db.term;
#endif
        i = 0;
        load(c);
        printf("coordinator %d starts, takes the term and loads: lease %d\n", c, mem_lease[c])
    }
    /* -- what workers say -- */
    :: take_acquire(c, 0)
    :: take_acquire(c, 1)
    :: take_heartbeat(c, 0)
    :: take_heartbeat(c, 1)
    :: refuse_heartbeat(c, 0)
    :: refuse_heartbeat(c, 1)
    :: take_report(c, 0)
    :: take_report(c, 1)
    :: take_late_report(c, 0)
    :: take_late_report(c, 1)

    /* -- what was decided comes into the table -- */
    :: atomic {
        up[c] && op[c] != NOTHING && (op[c] == REAP || !ROW_IS_LOCKED) && SLOT_FREE(c) ->
        if
        :: !MAY_WRITE(c) -> printf("coordinator %d finds that it is deposed, and ends\n", c); go_down(c)
        :: MAY_WRITE(c) ->
            if
            :: PASSED_OVER(c) ->
                printf("coordinator %d passes over the row\n", c);
                mem_state[c] = LEASED; mem_lease[c] = op_lease[c]; mem_worker[c] = op_worker[c];
                clear_op(c)
            :: !PASSED_OVER(c) && AFTER(c) ->
                printf("coordinator %d finds that its transition for lease %d was committed\n", c, op_lease[c]);
                finish(c)
            :: !PASSED_OVER(c) && !AFTER(c) && BEFORE(c) ->
                printf("coordinator %d commits %e of lease %d\n", c, op[c], op_lease[c]);
                write(c);
                if
                :: finish(c)
                :: faults > 0 && (op[c] != COMPLETE || db.state == DONE) ->
                    spend();
                    printf("    and doesn't get the answer to its COMMIT\n")
                fi
            :: !PASSED_OVER(c) && !AFTER(c) && !BEFORE(c) ->
                printf("coordinator %d finds that the table differs; the table holds\n", c);
                load(c);
                if
                :: op[c] == COMPLETE || op[c] == FAIL || op[c] == RELEASE -> answer(op_worker[c], op[c], op_lease[c])
                :: else
                fi;
                forget_grant(c);
                clear_op(c)
            fi
        fi
    }

    /* -- takes back a lease. One that its worker keeps by its own clock has time left by the coordinator's too; one that
          nobody has costs no fault, one of which only the messages are slow does -- */
    :: atomic {
        up[c] && op[c] == NOTHING && mem_state[c] == LEASED && !ROW_IS_LOCKED &&
        (JUST_LOADED(c) || (!KEEPS(0, mem_lease[c]) && !KEEPS(1, mem_lease[c]) &&
            (faults > 0 || (!ALIVE(0, mem_lease[c]) && !ALIVE(1, mem_lease[c]))))) ->
        if
        :: !JUST_LOADED(c) && (ALIVE(0, mem_lease[c]) || ALIVE(1, mem_lease[c])) -> spend()
        :: else
        fi;
        printf("coordinator %d decides: REAP of lease %d\n", c, mem_lease[c]);
        op[c] = REAP; op_lease[c] = mem_lease[c]; op_worker[c] = mem_worker[c];
        op_attempt[c] = mem_attempt[c];
        mem_state[c] = READY; mem_lease[c] = 0; mem_worker[c] = 0
    }
    /* -- looks whether the table has what memory doesn't -- */
#ifndef NO_CATCH_UP
    :: atomic {
        up[c] && op[c] == NOTHING && mem_state[c] == ABSENT && IN_FORCE(c) && (db.state == READY || db.state == LEASED) ->
        printf("coordinator %d finds a job in the table that it doesn't know\n", c);
        load(c)
    }
#endif
    :: atomic {
        up[c] && !IN_FORCE(c) ->
        printf("coordinator %d finds that it is deposed, and ends\n", c);
        go_down(c)
    }
    :: atomic {
        up[c] && faults > 0 ->
        printf("coordinator %d is killed\n", c);
        go_down(c);
        spend()
    }
    od
}

/* =============================================================== database ================================================ */

inline settle(w) {
    atomic {
        tx[w] == COMMITTING ->
        if
        :: printf("the database commits item %d with lease %d\n", tx_sequence[w], tx_lease[w]); apply(w)
        :: printf("the database rolls back item %d of lease %d\n", tx_sequence[w], tx_lease[w]); end_tx(w)
        fi
    }
}

inline break_off(w) {
    if
    :: tx[w] == OPEN -> doing[w] = WORKING; end_tx(w)
    :: tx[w] == COMMITTING -> end_tx(w)
    :: else
    fi
}

proctype Database() {
end:
    do
    /* -- the COMMIT whose connection was lost -- */
    :: settle(0)
    :: settle(1)
#ifdef FORGETFUL
    /* -- dies and comes back without its last commits; what is open is rolled back -- */
    :: atomic {
        faults > 0 ->
        printf("the database dies and forgets: checkpoint %d -> %d, state %d -> %d, lease %d -> %d, term's owner %d -> %d\n",
            db.sequence, disk.sequence, db.state, disk.state, db.lease, disk.lease, db.owner, disk.owner);
        term_forgotten = term_forgotten || db.owner != disk.owner;
        copy(db, disk);
        break_off(0);
        break_off(1);
        spend()
    }
#endif
    /* -- from here on all goes well -- */
    :: atomic { faults > 0 -> faults = 0; clear_disk(); printf("faults stop\n") }
    od
}

#ifdef LIVENESS
ltl ends { <> [] ENDED }
#else
proctype Observer() {
end:
    atomic { timeout -> printf("nothing more happens\n"); REQUIRE(every_job_ends, ENDED) }
}
#endif

init {
    atomic {
        /* A coordinator has just planned the job; that may not have come to the disk yet. */
        db.owner = 1; incarnation[0] = 1; up[0] = true;
#ifdef TERM_NUMBER_ONLY
        db.term = 1; term[0] = 1;
#endif
#ifdef FORGETFUL
        copy(disk, db);
#endif
        db.state = READY;
        mem_state[0] = READY;
        run Worker(0); run Worker(1);
        run Coordinator(0); run Coordinator(1);
        run Database();
#ifndef LIVENESS
        run Observer();
#endif
    }
}
