/*
 * power.pml - power loss at any instant, against the store's epochs.
 *
 * The index commits durably at once; a segment's bytes lie in the page cache until the kernel
 * writes them back, at any time, or a sync asks for it. Segments are reused, and two bodies may
 * share a page. Property: of what recovery keeps, every row names bytes that are whole on disk.
 * -DBREAK_x leaves one rule out, and then an error must be found. Run by `run`, with pan -E:
 * after the power loss everybody stands still where he is.
 */
#define NSEG 2
#define NONE 9
#define TORN 99

/* The index, durable. Three rows; val = what their bytes must be. */
byte row_seg[3] = NONE, row_val[3], row_epoch[3];
bool bad[NSEG];
byte epoch = 1, durable_epoch;

/* One page of each segment, in the cache and on disk: the value of each of its two bodies. */
byte cache_lo[NSEG], cache_hi[NSEG], disk_lo[NSEG], disk_hi[NSEG];
bool dirty[NSEG], flying[NSEG];

/* Shared memory: the epoch of the last row that was put into this segment. */
byte wrote_epoch[NSEG];

bool off, failed[NSEG];
byte val, faults;
byte tick;

#define UP (!off)
#define PART(r) ((r) & 1)
#define ONDISK(r) \
	((PART(r) == 0 -> disk_lo[row_seg[r]] : disk_hi[row_seg[r]]) == row_val[r])

inline write_body(s, part, v)
{
	atomic {
		UP ->
		if
		:: part == 0 -> cache_lo[s] = v
		:: else -> cache_hi[s] = v
		fi;
		dirty[s] = 1
	}
}

inline put(r, s, v)
{
	atomic {
		UP ->
		if
		:: !bad[s] ->
			row_seg[r] = s;
			row_val[r] = v;
			row_epoch[r] = epoch;
			wrote_epoch[s] = epoch
		:: else
		fi
	}
}

inline drop(r, s)
{
	if
	:: row_seg[r] == s -> row_seg[r] = NONE
	:: else
	fi
}

/*
 * Writeback: a page goes to the disk in two steps. Power loss between them tears the sector, and
 * both bodies in it are lost. EIO is reported once; after it the page counts as clean.
 */
proctype kernel(byte s)
{
end:	do
	:: atomic { UP && dirty[s] && !flying[s] -> flying[s] = 1; dirty[s] = 0 };
		if
		:: atomic { UP ->
			disk_lo[s] = cache_lo[s]; disk_hi[s] = cache_hi[s]; flying[s] = 0 }
		:: atomic { UP && faults < 1 -> faults++; failed[s] = 1; flying[s] = 0 }
		:: off -> goto stop
		fi
	:: off -> break
	od;
stop:	skip
}

/* Waits as fdatasync does. */
#define SYNC(s) \
	if \
	:: off -> goto out \
	:: UP && !dirty[s] && !flying[s] \
	fi

/* Does segment s need a sync before durable_epoch may move? */
#ifdef BREAK_SYNC_NOT_ALL
#define NAMED(s) (wrote_epoch[s] == e0 && s == 0)
#else
#define NAMED(s) (wrote_epoch[s] > durable_epoch)
#endif

/*
 * The helper that syncs, beside the puts. First the number, then the sync of every segment that
 * a row of that epoch names, then the commit.
 */
proctype syncer()
{
	byte s, e0;
	bool ok;

	do
	:: UP && tick < 2 -> tick++;
#ifdef BREAK_EPOCH_AFTER_SYNC
		s = 0;
		ok = 1;
		do
		:: s == NSEG -> break
		:: s < NSEG -> SYNC(s); s++
		od;
		atomic { UP -> epoch++; durable_epoch = epoch - 1 };
#else
		atomic { UP -> e0 = epoch; epoch++ };
		s = 0;
		ok = 1;
		do
		:: s == NSEG -> break
		:: s < NSEG ->
			if
			:: NAMED(s) ->
				SYNC(s);
				if
				:: failed[s] ->
#ifdef BREAK_RETRY_SYNC
					/* "not this time"; but the next sync says success */
					failed[s] = 0;
					ok = 0
#else
					/* its rows go before the epoch may pass */
					atomic { UP ->
						drop(0, s);
						drop(1, s);
						drop(2, s);
						failed[s] = 0;
#ifndef BREAK_BAD_SEGMENT_GOES_ON
						bad[s] = 1 /* no later row may name it */
#endif
					}
#endif
				:: else
				fi
			:: else
			fi;
			s++
		od;
		if
		:: ok -> atomic { UP -> durable_epoch = e0 }
		:: else
		fi;
#endif
	:: tick == 2 || off -> break
	od;
out:	skip
}

proctype keeper()
{
again:
	do
	/* A body alone in a page; then a second joins the page, unless the epoch has moved. */
	:: UP && val == 0 ->
		val++;
		write_body(0, 0, 1);
		put(0, 0, 1)
	:: UP && val == 1 && row_seg[0] == 0 ->
#ifdef BREAK_SHARE_PAGE
		val = 2;
		write_body(0, 1, 2);
		put(1, 0, 2)
#else
		if
		:: epoch == row_epoch[0]
		:: else -> val = 2; goto again /* a fresh page: nothing to model */
		fi;
		atomic {
			if
			:: epoch == row_epoch[0] -> cache_hi[0] = 2; dirty[0] = 1; val = 2
			:: else -> val = 2; goto again
			fi
		};
		put(1, 0, 2)
#endif
	/* Row 0 is copied forward to segment 1; segment 0 is free, and overwritten at once. */
	:: UP && val == 2 && row_seg[0] == 0 ->
		val++;
		write_body(1, 0, 1);
		atomic { UP ->
			if
			:: row_seg[0] == 0 && !bad[1] ->
				row_seg[0] = 1;
#ifndef BREAK_COPY_KEEPS_EPOCH
				row_epoch[0] = epoch;
#endif
				wrote_epoch[1] = epoch
			:: else -> goto again
			fi
		};
		atomic { UP -> drop(1, 0) };
		write_body(0, 0, 3);
		put(2, 0, 3)
	/* Or both rows are deleted, and the segment is reused. */
	:: UP && val == 2 && row_seg[0] == 0 ->
		val = 4;
#ifdef BREAK_REUSE_BEFORE_COMMIT
		write_body(0, 0, 3);
		atomic { UP -> row_seg[0] = NONE; row_seg[1] = NONE };
#else
		atomic { UP -> row_seg[0] = NONE; row_seg[1] = NONE };
		write_body(0, 0, 3);
#endif
		put(2, 0, 3)
	:: off -> break
	od
}

/* The power fails once, at any instant; recovery drops the young rows and keeps the rest. */
proctype power()
{
	byte r, s;

	atomic {
		off = 1;
		s = 0;
		do
		:: s == NSEG -> break
		:: s < NSEG ->
			if
			:: flying[s] -> disk_lo[s] = TORN; disk_hi[s] = TORN
			:: else
			fi;
			s++
		od;
		r = 0;
		do
		:: r == 3 -> break
		:: r < 3 ->
			if
			:: row_seg[r] != NONE && row_epoch[r] > durable_epoch -> row_seg[r] = NONE
			:: else
			fi;
			if
			:: row_seg[r] != NONE -> assert(ONDISK(r))
			:: else
			fi;
			r++
		od
	}
}

init
{
	atomic {
		run kernel(0);
		run kernel(1);
		run keeper();
		run syncer();
		run power()
	}
}
