/*
 * publish.pml - from a worker's ring to a committed row: group commits, replay after the keeper's
 * death, purge against the flights of other workers, refresh (304) and copy-forward.
 *
 * One key. Each worker fetches one object (its number is its version) and publishes it; a third
 * party purges. Properties: once the purge is acknowledged, no object that was fetched or claimed
 * before it is named, ever again; an object once replaced never comes back; a refresh touches
 * only the object that it validated; every complete flight ends.
 * -DBREAK_x leaves one rule out, and then an error must be found. Run by `run`.
 */
#define NW 2
#ifndef KD
#define KD 1 /* deaths of the keeper */
#endif
#define NONE 0

mtype = { PUT, PURGE, REFRESH };

#define GONE 0
#define STREAM 1
#define DONE 2

/* Shared memory. Rings 0 and 1 are the workers', 2 is the ring of the worker that purges. */
chan ring[3] = [3] of { mtype, byte };
byte head[3]; /* records taken out so far: the tail, moved after the commit */
byte fl[NW] = STREAM;
bool purged[NW];
bool claimed[NW];
bool dead[NW];
bool clean[NW];

/* The index. db_pos: how far each ring was read, written by the transaction that read it. */
byte row, db_pos[3];
bool refreshed;

/* The truth, for the assertions only. */
bool was_replaced[4], before_purge[4], purge_acked;
byte wdeaths, kdeaths, copied;

#define OBJ(w) ((w) + 1)
#define CHECK(o) \
	assert(!(o != NONE && was_replaced[o])); \
	assert(!(o != NONE && before_purge[o] && purge_acked))

#define MAY_DIE \
	if \
	:: wdeaths < 1 -> atomic { wdeaths++; goto die } \
	:: skip \
	fi

proctype worker(byte w)
{
	claimed[w] = 1;
	MAY_DIE;
	fl[w] = DONE;
#ifndef BREAK_NO_PURGE_MARK
	MAY_DIE;
#endif
	ring[w]!PUT, OBJ(w);
	MAY_DIE;
	goto out;
die:	dead[w] = 1;
#ifdef BREAK_FLIGHTS_BEFORE_RING /* the flights of the dead are freed before its ring is drained */
	fl[w] = GONE;
	purged[w] = 0;
#endif
out:	skip
}

/* Under the stripe lock the live flights of the key are marked; only then the record is sent. */
proctype purger()
{
	byte i;

	atomic {
		i = 0;
		do
		:: i == NW -> break
		:: i < NW ->
			if
			:: claimed[i] && fl[i] != GONE ->
				before_purge[OBJ(i)] = 1;
#if !defined(BREAK_NO_PURGE_MARK) && !defined(BREAK_MARK_AFTER_RECORD)
				purged[i] = 1
#endif
			:: else
			fi;
			i++
		od;
		if
		:: row != NONE -> before_purge[row] = 1
		:: else
		fi
	};
	ring[2]!PURGE, 0;
#ifdef BREAK_MARK_AFTER_RECORD
	atomic {
		i = 0;
		do
		:: i == NW -> break
		:: i < NW ->
			if
			:: before_purge[OBJ(i)] && fl[i] != GONE -> purged[i] = 1
			:: else
			fi;
			i++
		od
	}
#endif
}

/* Looked a row up, asked the origin, got a 304. */
proctype refresher()
{
	byte o;

end:	atomic { row != NONE -> o = row };
	if
	:: nfull(ring[2]) -> ring[2]!REFRESH, o
	fi
}

#define DIE \
	if \
	:: kdeaths < KD -> atomic { kdeaths++; goto restart } \
	:: skip \
	fi

/* Is this record's flight one whose object may be put? */
#if defined(BREAK_NO_PURGE_MARK)
#define MAY_PUT(w) true
#elif defined(BREAK_FLIGHTS_BEFORE_RING)
#define MAY_PUT(w) ((fl[w] == DONE && !purged[w]) || fl[w] == GONE)
#else
#define MAY_PUT(w) (fl[w] == DONE && !purged[w])
#endif

#ifdef BREAK_NO_RING_POS /* "a replay shows by the row: it names this extent already" */
#define KNOWN(o) (trow == o)
#else
#define KNOWN(o) false
#endif

proctype keeper()
{
	byte r, o, n, c, np[3], trow, at;
	mtype t;
	bool tref, ack;

restart:
	atomic {
		c = NONE;
		r = 0;
#ifndef BREAK_NO_RING_POS
		/* What the stored position counts is acknowledged, never put again. */
		do
		:: r == 3 -> break
		:: r < 3 ->
			do
			:: head[r] < db_pos[r] ->
				ring[r]?t, o;
				head[r]++;
				if
				:: t == PUT -> fl[o - 1] = GONE
				:: t == PURGE -> purge_acked = 1; CHECK(row)
				:: else
				fi
			:: else -> break
			od;
			r++
		od;
#endif
		r = 0;
		o = 0
	};
loop:
	atomic {
		trow = row; tref = refreshed; ack = 0; n = 0;
		np[0] = 0; np[1] = 0; np[2] = 0; o = 0; r = 0; t = 0
	};
end:
	do
	/* One transaction: records of any rings, in any mixture, two at most here. */
	:: atomic { n < 2 && len(ring[0]) > np[0] -> r = 0 }; goto take
	:: atomic { n < 2 && len(ring[1]) > np[1] -> r = 1 }; goto take
	:: atomic { n < 2 && len(ring[2]) > np[2] -> r = 2 };
take:
		atomic {
			/* Peek at the np[r]-th record: turn the ring once round. */
			at = 0;
			do
			:: at == np[r] -> ring[r]?t, o; ring[r]!t, o; at++; break
			:: at < np[r] ->
				{ byte o2; mtype t2;
				ring[r]?t2, o2; ring[r]!t2, o2; at++; o2 = 0; t2 = 0 }
			od;
			do
			:: at == len(ring[r]) -> break
			:: at < len(ring[r]) ->
				{ byte o3; mtype t3;
				ring[r]?t3, o3; ring[r]!t3, o3; at++; o3 = 0; t3 = 0 }
			od;
			at = 0;
			np[r]++;
			n++;
			if
			:: t == PUT ->
				if
				:: MAY_PUT(o - 1) && !KNOWN(o) -> trow = o; tref = 0
				:: else
				fi
			:: t == PURGE -> trow = NONE; tref = 0; ack = 1
			:: t == REFRESH ->
#ifdef BREAK_REFRESH_BLIND
				if
				:: trow == NONE -> trow = o
				:: else
				fi;
				tref = 1
#else
				if
				:: trow == o -> tref = 1
				:: else
				fi
#endif
			fi;
			o = 0; t = 0; r = 0
		};
		if
		:: n == 2 || (len(ring[0]) == np[0] && len(ring[1]) == np[1] &&
			len(ring[2]) == np[2]) -> goto commit
		:: skip
		fi
	:: n > 0 ->
commit:
		atomic {
			if
			:: row != NONE && trow != row -> was_replaced[row] = 1
			:: else
			fi;
			row = trow;
			refreshed = tref;
			CHECK(row);
			db_pos[0] = head[0] + np[0];
			db_pos[1] = head[1] + np[1];
			db_pos[2] = head[2] + np[2]
		};
		DIE;
		/* Acknowledge: flights end, tails move, one ring after the other. */
		r = 0;
		do
		:: r == 3 -> break
		:: r < 3 ->
			atomic {
				do
				:: np[r] > 0 ->
					ring[r]?t, o;
					head[r]++;
					np[r]--;
					if
					:: t == PUT -> fl[o - 1] = GONE; purged[o - 1] = 0
					:: t == PURGE -> purge_acked = 1; CHECK(row)
					:: else
					fi
				:: else -> break
				od
			};
			DIE;
			r++
		od;
		goto loop
	/* A dead slot: its ring first, then its flights. */
	:: atomic { n == 0 && dead[0] && !clean[0] && len(ring[0]) == 0 ->
		fl[0] = GONE; purged[0] = 0; clean[0] = 1 }
	:: atomic { n == 0 && dead[1] && !clean[1] && len(ring[1]) == 0 ->
		fl[1] = GONE; purged[1] = 0; clean[1] = 1 }
	/* Copy-forward: a helper copies the bytes while other records are committed; the row is
	 * looked at again in the commit. */
	:: atomic { n == 0 && c == NONE && row != NONE && copied < 1 -> c = row; copied++ }
	:: atomic {
		n == 0 && c != NONE ->
#ifdef BREAK_COPY_BLIND
		if
		:: row != NONE && row != c -> was_replaced[row] = 1
		:: else
		fi;
		row = c;
#else
		if
		:: row == c -> row = c /* the same object in a new extent */
		:: else
		fi;
#endif
		CHECK(row);
		c = NONE
	};
		DIE;
		goto loop
	od
}

proctype quiet()
{
	timeout;
	assert(fl[0] == GONE && fl[1] == GONE);
	assert(len(ring[0]) + len(ring[1]) + len(ring[2]) == 0);
	CHECK(row)
}

init
{
	atomic {
		run worker(0);
		run worker(1);
		run purger();
		run refresher();
		run keeper();
		run quiet()
	}
}
