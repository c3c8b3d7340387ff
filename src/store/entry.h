/* entry.h - the form of a row: numbers, canonical key, Vary, head block, extents or embedded body (STORE 8).
 *
 * Pure: encodes into and decodes from bytes; every length is checked before use and the CRC32C is
 * verified, since a row may come from a damaged disk. Little-endian, version in the row.
 * The head block: per field 1 byte id (0 = name spelled out, length-prefixed), value length-prefixed
 * (16 bit), values byte-exact. Status line, hop-by-hop fields, Age and Date rules are the caller's.     */
#ifndef STORE_ENTRY_H
#define STORE_ENTRY_H

#include "http/fields.h"
#include "store/store.h"

#define ENTRY_ROW_MAX 4080 /* one overflow page of LMDB: larger values fragment it (STORE 1 no. 5) */
#define ENTRY_IMAGE_MAX 65536 /* a row with a long head or many extents: what passes ROW_MAX lies in table ext */
#define ENTRY_EXTENTS_MAX 1024

/* fields -> block in the arena; 0, ERR_NOMEM, ERR_LIMIT (over 64 KB). */
int entry_head_encode(struct arena *a, const struct fields *fields, struct str *block);
/* block -> fields (pointing into the block), array from the arena; 0, ERR_BAD, ERR_NOMEM. */
int entry_head_decode(struct arena *a, struct str block, struct fields *out);
/* One value without decoding the rest; STR_NONE when absent. */
struct str entry_head_get(struct str block, enum field_id id);

/* Bytes of e's row. */
size_t entry_size(const struct store_entry *e);
/* Row bytes. encode: 0, ERR_LIMIT when it does not fit into out[0, max) or a part is too long for the format. decode: 0 or
 * ERR_BAD; strings and extents of *out point into row. A row of more than ENTRY_ROW_MAX bytes lies in pieces (index_row_get). */
int entry_encode(const struct store_entry *e, char *out, size_t max, size_t *len);
int entry_decode(struct str row, struct store_entry *out);
/* Length of the whole row, from its first bytes (the piece in the queue); 0 when they are no row. */
size_t entry_whole(struct str piece);
/* Keeper: sets the epoch of an encoded whole row and its CRC anew; sets or clears nothing else. */
void entry_set_epoch(char *row, size_t n, uint32_t epoch);
/* Numbers of a row alone (pk, vh, bid, epoch, body_len), from its first piece and without its CRC: for deleting what is
 * damaged. No strings, no extents. 0 or ERR_BAD. */
int entry_peek(struct str piece, struct store_entry *out);

#endif
