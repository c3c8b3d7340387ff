/* segment.h - segments: the word that tells a segment's life, pins, files, maps.
 *
 * One 64-bit word for each segment in shared memory holds generation, state and slot, so that one load never mixes two
 * lives. A reader pins first and loads the word then (both seq_cst); the keeper shows CLOSED first and reads the pins
 * then: one of the two sees the other (experiments/segment.pml, BREAK_CHECK_BEFORE_PIN, BREAK_PINS_BEFORE_CLOSED,
 * BREAK_TWO_LOADS). A change is committed in the index before the word shows it (BREAK_HANDOUT_BEFORE_COMMIT,
 * BREAK_CLOSE_BEFORE_COMMIT).                                                                        */
#ifndef STORE_SEGMENT_H
#define STORE_SEGMENT_H

#include "store/shared.h"

enum segment_state { /* part of the format of table seg: append only */
	SEGMENT_FREE,
	SEGMENT_OPEN,      /* in the index; in the word: its worker has taken it */
	SEGMENT_SEALED,
	SEGMENT_RETIRING,
	SEGMENT_CLOSED,    /* no row names it; free when no pin stands */
	SEGMENT_BAD,       /* the disk failed here: out of use */
	SEGMENT_SPARE      /* only in the word: committed OPEN for a slot, not yet taken by it */
};

#define SEGMENT_PAGE 4096u
#define SEGMENT_SLOT_NONE 0xff
/* First page of a segment; rewritten when it is opened anew; only a rebuild reads it. */
#define SEGMENT_MAGIC 0x3147455352494557ull /* "WEIRSEG1" */

static inline uint64_t segment_word(uint32_t generation, enum segment_state state, int slot)
{
	return (uint64_t)generation << 32 | (uint64_t)state << 8 | ((unsigned)slot & 0xff);
}
static inline uint32_t segment_word_generation(uint64_t w) { return (uint32_t)(w >> 32); }
static inline enum segment_state segment_word_state(uint64_t w) { return (enum segment_state)(w >> 8 & 0xff); }
static inline int segment_word_slot(uint64_t w) { return (int)(w & 0xff); }

static inline uint64_t segment_load(uint32_t segment) { return SHARED_GET(shared_segment(segment)->word); }
static inline void segment_show(uint32_t segment, uint64_t word) { SHARED_SET(shared_segment(segment)->word, word); }

/* May the bytes of this generation be read? */
static inline bool segment_readable(uint64_t word, uint32_t generation)
{
	enum segment_state s = segment_word_state(word);

	return segment_word_generation(word) == generation && s != SEGMENT_CLOSED && s != SEGMENT_FREE &&
	    s != SEGMENT_BAD;
}

/* This process's pin on the segment: taken, then checked. False: that life is over, no pin is held. */
bool segment_pin(uint32_t segment, uint32_t generation);
void segment_unpin(uint32_t segment);
/* Keeper: does any process pin it? */
bool segment_is_pinned(uint32_t segment);
/* Keeper: the dead process of this slot pins nothing. */
void segment_unpin_slot(int slot);

/* Files. <path>/d0/00000000 ... */
void segment_use(const char *path);                /* the store's folder; once per process */
void segment_path(uint32_t segment, char *out, size_t n);
int segment_fd(uint32_t segment);                  /* opened at first use, or an error */
const char *segment_map(uint32_t segment);         /* the whole of it, read-only: FOR WRITEV ONLY. NULL: no memory or gone */
int segment_write(uint32_t segment, uint64_t offset, const void *p, size_t n); /* all of it, or ERR_IO ... */
int segment_writev(uint32_t segment, uint64_t offset, struct iovec *v, int n);   /* spoils v */
int segment_read(uint32_t segment, uint64_t offset, void *p, size_t n);        /* by pread; all of it, or ERR_IO */
void segment_close_all(void);

/* Are the pages of this range in memory, as far as is known? Looks (mincore) once for each block of 64 KB. */
bool segment_warm(uint32_t segment, uint64_t offset, uint64_t n);
void segment_seen(uint32_t segment, uint64_t offset, uint64_t n); /* they were written or read just now */

/* Keeper: makes the file of full length (allocated), or checks that it is. */
int segment_make(uint32_t segment);
int segment_header(uint32_t segment, uint32_t generation); /* writes the first page */
int segment_remove(uint32_t segment);

#endif
