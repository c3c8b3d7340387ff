/*
 * segment.pml - the life of a segment: hand-out, publish, seal, retire, copy-forward, reuse;
 * with reader pins, followers of a flight, and the death of a worker and of the keeper at any
 * step, with the keeper's restart. Rings and purge: publish.pml. Power loss: power.pml.
 *
 * The index (db_*, row_*) changes only in atomic commits, durable at once. Shared memory survives
 * the keeper; w_gen, w_state and w_slot of a segment are ONE atomic word. One key, many answers
 * for it: each publish replaces the row. content[s] = the generation whose bytes lie in segment
 * s, and each byte that is sent asserts on it: nobody is ever sent another life of the segment.
 * -DBREAK_x leaves one rule out, and then an error must be found. The bounds are set with
 * -DNSEG, B0, B1, LOOKS, COPIES, KD, NO_READER, NO_FOLLOWER. Run by `run`.
 */
#ifndef NSEG
#define NSEG 3
#endif
#define NW 2    /* worker slots */
#define KSLOT 2 /* the keeper's own slot, for copies */
#define NPIN 2  /* pin words per segment: reader, follower */
#ifndef B0
#define B0 2 /* bodies that worker 0 stores */
#endif
#ifndef B1
#define B1 1 /* and worker 1 */
#endif
#ifndef LOOKS
#define LOOKS 2 /* look-ups of the reader */
#endif
#ifndef COPIES
#define COPIES 1 /* rows copied forward */
#endif
#ifndef KD
#define KD 1 /* deaths of the keeper */
#endif

#define FREE 0
#define SPARE 1 /* committed OPEN for a slot, not yet taken by it */
#define OPEN 2
#define SEALED 3
#define RETIRING 4
#define CLOSED 5
#define NONE 99
#define STREAM 1
#define DONE 2

/* The index. SPARE is OPEN there; CLOSED needs no FREE: it is free when no pin stands. */
byte db_state[NSEG], db_gen[NSEG], db_slot[NSEG];
byte row_seg = NONE, row_gen;

/* Shared memory. */
byte w_gen[NSEG], w_state[NSEG], w_slot[NSEG];
bool pin[NSEG * NPIN];
byte fl_seg[NW], fl_gen[NW], fl_state[NW];
byte slot_live[NW] = 1; /* 1 live, 0 dead, 2 clean */
chan ring[NW] = [2] of { bool /* seal */, byte, byte };

/* The truth, for the assertions only. writing: worker w holds segment s as its writer. */
byte content[NSEG], wdeaths, kdeaths, copies, finished;
bool writing[NSEG * NW];

#define PIN(s, i) pin[(s) * NPIN + (i)]
#define WR(s, w) writing[(s) * NW + (w)]
#define IN_USE(s, g) (w_gen[s] == g && w_state[s] != CLOSED && w_state[s] != FREE)

/* Each write of bytes: no durable row may name another life of this segment. */
inline write_bytes(s, g)
{
	atomic {
		assert(row_seg != s || row_gen == g);
		assert(w_gen[s] == g); /* nor was it taken away and opened anew */
		content[s] = g
	}
}

inline publish_word(s, g, st, sl)
{
	d_step { w_gen[s] = g; w_state[s] = st; w_slot[s] = sl }
}

#define MAY_DIE(w) \
	if \
	:: wdeaths < 1 -> atomic { wdeaths++; goto dead } \
	:: skip \
	fi

proctype worker(byte w)
{
	byte s, g, n;

	s = NONE;
	do
	:: n == (w == 0 -> B0 : B1) -> break
	:: n < (w == 0 -> B0 : B1) ->
		atomic { /* takes the spare: compare-and-swap of the word */
			if
			:: w_state[0] == SPARE && w_slot[0] == w -> s = 0
			:: w_state[1] == SPARE && w_slot[1] == w -> s = 1
#if NSEG > 2
			:: w_state[2] == SPARE && w_slot[2] == w -> s = 2
#endif
			fi;
			w_state[s] = OPEN;
			g = w_gen[s];
			assert(!WR(s, 0) && !WR(s, 1)); /* never two writers */
			WR(s, w) = 1
		}
		write_bytes(s, g);
		atomic { fl_seg[w] = s; fl_gen[w] = g; fl_state[w] = STREAM }
#ifdef BREAK_SEAL_EARLY /* asked for when the end is passed, while a fill still writes */
		ring[w]!1, s, g;
#endif
		MAY_DIE(w);
		write_bytes(s, g);
		fl_state[w] = DONE;
		MAY_DIE(w);
		ring[w]!0, s, g; /* publish */
		MAY_DIE(w);
		atomic { WR(s, w) = 0 }
#ifndef BREAK_SEAL_EARLY
		ring[w]!1, s, g; /* after the last publish, when no write is left */
#endif
		n++
	od;
	atomic { finished++; goto end };
dead:	atomic { /* reaped: nothing of it writes any more; only then is the slot dead */
		WR(0, w) = 0; WR(1, w) = 0;
#if NSEG > 2
		WR(2, w) = 0;
#endif
		slot_live[w] = 0;
		finished++
	}
end:	skip
}

#define MISS PIN(s, i) = 0; goto next

/* A hit: the row from a snapshot, pin, check of the word, send, unpin. */
proctype reader(byte i)
{
	byte s, g, k;

	do
	:: k == LOOKS -> break
	:: k < LOOKS ->
		k++;
		atomic { s = row_seg; g = row_gen }
		if
		:: s == NONE -> goto next
		:: else
		fi;
#ifdef BREAK_CHECK_BEFORE_PIN
		atomic {
			if
			:: IN_USE(s, g)
			:: else -> goto next
			fi
		};
		PIN(s, i) = 1;
#else
		PIN(s, i) = 1;
#ifdef BREAK_TWO_LOADS /* generation and state are not one word */
		if
		:: w_gen[s] == g
		:: else -> MISS
		fi;
		if
		:: w_state[s] != CLOSED && w_state[s] != FREE
		:: else -> MISS
		fi;
#else
		atomic {
			if
			:: IN_USE(s, g)
			:: else -> MISS
			fi
		};
#endif
#endif
		assert(content[s] == g);
		assert(content[s] == g); /* the second piece, later */
		PIN(s, i) = 0;
next:		skip;
		d_step { s = 0; g = 0 }
	od
}

/* A follower of worker w's flight: reads bytes that no row names yet. */
proctype follower(byte w)
{
	byte s, g;

	atomic {
		if
		:: fl_state[w] != 0 -> s = fl_seg[w]; g = fl_gen[w]
		:: finished == NW -> goto out
		fi
	};
#ifndef BREAK_FOLLOWER_NO_PIN
	PIN(s, 1) = 1;
	atomic {
		if
		:: IN_USE(s, g)
		:: else -> PIN(s, 1) = 0; goto out
		fi
	};
#endif
	assert(content[s] == g);
	assert(content[s] == g);
	PIN(s, 1) = 0;
out:	skip;
	d_step { s = 0; g = 0 }
}

/* The keeper may be killed here. */
#define DIE \
	if \
	:: kdeaths < KD -> atomic { kdeaths++; goto restart } \
	:: skip \
	fi

/* The pin words are read one after the other. */
#define PASS_IF_UNPINNED \
	i = 0; \
	do \
	:: i < NPIN -> \
		if \
		:: PIN(s, i) -> goto serve \
		:: else -> i++ \
		fi \
	:: i == NPIN -> break \
	od

#ifdef BREAK_SEAL_BEFORE_DRAIN
#define DRAINED(w) true
#else
#define DRAINED(w) (len(ring[w]) == 0)
#endif
#ifdef BREAK_NO_RECORD_CHECK
#define MAY_PUT(s, g) true
#else
#define MAY_PUT(s, g) (db_gen[s] == g && (db_state[s] == OPEN || db_state[s] == SEALED))
#endif
#define MAY_SEAL(s, g) (db_gen[s] == g && db_state[s] == OPEN)
#define FREEABLE(x) (db_state[x] == CLOSED || db_state[x] == FREE)
#define ANYFREE (FREEABLE(0) || FREEABLE(1) || (NSEG > 2 && FREEABLE(NSEG - 1)))
#define RETIREABLE(x) (db_state[x] == SEALED || db_state[x] == RETIRING)
#define OPEN_FOR(x, w) (db_state[x] == OPEN && db_slot[x] == w)
#define HAS_SPARE(w) (OPEN_FOR(0, w) || OPEN_FOR(1, w) || (NSEG > 2 && OPEN_FOR(NSEG - 1, w)))
#define WANTS_SPARE(w) (slot_live[w] == 1 && !HAS_SPARE(w))

inline pick_free(x)
{
	if
	:: FREEABLE(0) -> x = 0
	:: FREEABLE(1) -> x = 1
	:: NSEG > 2 && FREEABLE(NSEG - 1) -> x = NSEG - 1
	fi
}

inline seal(s)
{
	atomic { db_state[s] = SEALED };
	DIE;
	publish_word(s, db_gen[s], SEALED, 0)
}

/* The last rows of a segment are deleted, and it is CLOSED, in one commit. */
inline commit_closed(s)
{
	atomic {
		if
		:: row_seg == s -> row_seg = NONE
		:: else
		fi;
		db_state[s] = CLOSED
	}
}

proctype keeper()
{
	byte s, g, w, t, i;
	bool sealing;

	s = NONE;
	t = NONE;
	goto serve;
restart:
	atomic { /* private memory is gone: the index is compared with shared memory */
		s = 0;
		do
		:: s == NSEG -> break
		:: s < NSEG ->
			if
			:: db_state[s] == OPEN && db_slot[s] == KSLOT ->
				atomic { db_state[s] = SEALED };
				publish_word(s, db_gen[s], SEALED, 0)
#ifndef BREAK_RESTART_NO_COMPARE
			:: db_state[s] == OPEN && db_slot[s] != KSLOT && w_gen[s] != db_gen[s] ->
				/* committed, never shown */
				publish_word(s, db_gen[s], SPARE, db_slot[s])
			:: db_state[s] == OPEN && db_slot[s] != KSLOT && w_gen[s] == db_gen[s] ->
				skip /* a live worker has it, or a dead one: below */
#else
			:: db_state[s] == OPEN && db_slot[s] != KSLOT ->
				atomic { db_state[s] = SEALED };
				publish_word(s, db_gen[s], SEALED, 0)
#endif
			:: db_state[s] == SEALED -> publish_word(s, db_gen[s], SEALED, 0)
			:: db_state[s] == RETIRING -> publish_word(s, db_gen[s], RETIRING, 0)
			:: db_state[s] == CLOSED -> publish_word(s, db_gen[s], CLOSED, 0)
			:: db_state[s] == FREE -> skip
			fi;
			s++
		od
	};
serve:	skip;
	d_step { s = NONE; t = NONE; g = 0; w = 0; i = 0; sealing = 0 };
end:
	do
	/* 1. A spare for a live slot that has none open. */
	:: atomic {
		ANYFREE && (WANTS_SPARE(0) || WANTS_SPARE(1)) && finished < NW ->
		if
		:: WANTS_SPARE(0) -> w = 0
		:: WANTS_SPARE(1) -> w = 1
		fi;
		pick_free(s)
	}
open_it:
#ifndef BREAK_NO_PIN_CHECK
		PASS_IF_UNPINNED;
#endif
		g = db_gen[s] + 1;
#ifdef BREAK_HANDOUT_BEFORE_COMMIT
		publish_word(s, g, SPARE, w);
		DIE;
		atomic { db_state[s] = OPEN; db_gen[s] = g; db_slot[s] = w }
#else
		atomic { db_state[s] = OPEN; db_gen[s] = g; db_slot[s] = w }; /* commit */
		DIE;
		if
		:: w != KSLOT -> publish_word(s, g, SPARE, w)
		:: else -> publish_word(s, g, OPEN, KSLOT)
		fi;
#endif
		DIE;
		if
		:: w == KSLOT -> goto copy
		:: else
		fi;
		goto serve

	/* 2. One record of a ring: peek, commit, pop. What MAY_PUT refuses is dropped. */
	:: atomic { nempty(ring[0]) -> w = 0; ring[0]?<sealing, s, g> }; goto drain
	:: atomic { nempty(ring[1]) -> w = 1; ring[1]?<sealing, s, g> };
drain:
		if
		:: sealing && MAY_SEAL(s, g) -> seal(s)
		:: !sealing && MAY_PUT(s, g) -> atomic { row_seg = s; row_gen = g }
		:: else
		fi;
		DIE;
		atomic { /* the flight is committed */
			if
			:: !sealing && fl_seg[w] == s && fl_gen[w] == g -> fl_state[w] = 0
			:: else
			fi
		};
		DIE;
		atomic { ring[w]?_, _, _ };
		goto serve

	/* 3. A dead slot: its ring, its segments, then CLEAN (the replacement has another). */
	:: atomic { slot_live[0] == 0 && DRAINED(0) -> w = 0 }; goto clean
	:: atomic { slot_live[1] == 0 && DRAINED(1) -> w = 1 };
clean:
		s = 0;
		do
		:: s == NSEG -> break
		:: s < NSEG ->
			if
			:: OPEN_FOR(s, w) -> seal(s)
			:: else
			fi;
			s++
		od;
		atomic { fl_state[w] = 0 };
		DIE;
		slot_live[w] = 2;
		goto serve

	/* 4. Retire a sealed segment, or go on with a half retired one. */
	:: atomic { RETIREABLE(0) -> s = 0 }; goto retire
	:: atomic { RETIREABLE(1) -> s = 1 }; goto retire
#if NSEG > 2
	:: atomic { RETIREABLE(2) -> s = 2 };
#else
	:: false ->
#endif
retire:
		g = db_gen[s];
		atomic { db_state[s] = RETIRING };
		DIE;
		publish_word(s, g, RETIRING, 0);
		DIE;
		t = NONE;
		if /* a hot row is copied forward into the keeper's own segment */
		:: atomic {
			row_seg == s && copies < COPIES && ANYFREE ->
			copies++;
			t = s;
			pick_free(s);
			w = KSLOT
		}; goto open_it
		:: skip
		fi;
delete:
#if defined(BREAK_CLOSE_BEFORE_COMMIT) /* shown and reused at once; the commit is late */
		publish_word(s, g, CLOSED, 0);
		PASS_IF_UNPINNED;
		if
		:: WANTS_SPARE(0) && finished < NW -> publish_word(s, g + 1, SPARE, 0)
		:: else
		fi;
		commit_closed(s);
#elif defined(BREAK_PINS_BEFORE_CLOSED) /* read while the word still says RETIRING */
		PASS_IF_UNPINNED;
		commit_closed(s);
		g = g + 1;
		if
		:: WANTS_SPARE(0) ->
			atomic { db_state[s] = OPEN; db_gen[s] = g; db_slot[s] = 0 };
			publish_word(s, g, SPARE, 0)
		:: else -> publish_word(s, g - 1, CLOSED, 0)
		fi;
#else
		commit_closed(s);
		DIE;
		publish_word(s, g, CLOSED, 0); /* only then; the pins are read after it */
#endif
		DIE;
		s = NONE;
		goto serve;
copy:		/* s, g: the keeper's segment; t: the one that retires */
		write_bytes(s, g);
		assert(content[t] == db_gen[t]);
		DIE;
		atomic { /* re-keyed only if the row still lies there */
			if
			:: row_seg == t -> row_seg = s; row_gen = g
			:: else
			fi
		};
		DIE;
		seal(s);
		DIE;
		s = t;
		g = db_gen[s];
		goto delete
	od
}

#define HELD_BY_LIVE(s) \
	(db_state[s] == OPEN && db_slot[s] < NW && slot_live[db_slot[s]] == 1 && \
	 (w_state[s] == SPARE || w_state[s] == OPEN) && w_slot[s] == db_slot[s] && \
	 w_gen[s] == db_gen[s])

/* Nothing leaks: when all is quiet each segment is free, sealed, or held by a live worker. */
proctype quiet()
{
	byte s;

	timeout;
	do
	:: s == NSEG -> break
	:: s < NSEG ->
		assert(FREEABLE(s) || db_state[s] == SEALED || HELD_BY_LIVE(s));
		assert(finished == NW); /* nobody starves for a spare */
		s++
	od;
	assert(row_seg == NONE ||
		(row_gen == db_gen[row_seg] && content[row_seg] == row_gen))
}

init
{
	atomic {
		run worker(0);
		run worker(1);
		run keeper();
		run quiet();
#ifndef NO_READER
		run reader(0);
#endif
#ifndef NO_FOLLOWER
		run follower(0)
#endif
	}
}
