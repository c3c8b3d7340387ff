/* supply.h - spare segments handed to workers ahead of their need (STORE 3, Writing). Keeper only. */
#ifndef STORE_SUPPLY_H
#define STORE_SUPPLY_H

#include <stdbool.h>
#include <stdint.h>

/* Gives each live worker what it wants, as far as there is room, in the transaction under way. *given:
 * bit per slot that got something, to be woken after the commit. */
void supply_run(uint64_t *given);
/* Would supply_run give something? */
bool supply_is_due(void);

#endif
