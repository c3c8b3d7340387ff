/* order.h - what a worker may ask of the master (for weirctl), and what became of the last reload.
 *
 * Workers may not signal a master that runs as root, so an order is a bit in shared memory and a
 * wake of SLOT_MASTER. source_admin sends orders; the master takes them and treats each as the
 * signal of the same meaning. Reloads are numbered, so that who asked can wait for the result of
 * his own. */
#ifndef BASE_ORDER_H
#define BASE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum order {
	ORDER_RELOAD,  /* as SIGHUP */
	ORDER_UPGRADE, /* as SIGUSR2 */
	ORDER_DRAIN,   /* as SIGQUIT: finish what runs, then end */
	ORDER_STOP,    /* as SIGTERM: end now */
	ORDER_REOPEN   /* as SIGUSR1: reopen the log files */
};

#define ORDER_TEXT 4096 /* bytes kept of what the check of a new file said */

void order_declare(void); /* shm_declare */
/* Any process. For ORDER_RELOAD and ORDER_UPGRADE the number of this reload, from 1; else 0. */
uint32_t order_send(enum order o);
/* What became of reload `number` (of the last one that ended when number is 0): 0 = done, new
 * workers start; ERR_BAD = refused, nothing changed; ERR_AGAIN = still under way; ERR_NOTFOUND =
 * never asked. The text (lines `file:line: option: why`, or empty) is copied to out[0,n), always
 * NUL-terminated; n > 0. */
int order_result(uint32_t number, char *out, size_t n);

/* Master only. A bit (1 << ORDER_x) for each order that came since the last call. */
unsigned order_take(void);
/* A reload that came by signal gets a number as well. */
uint32_t order_number(void);
uint32_t order_asked(void); /* the number of the last reload asked for */
/* All reloads up to `number` have ended so. text may be NULL. */
void order_end(uint32_t number, bool ok, const char *text);
/* New shared memory after a change of layout: reloads so far. */
void order_restore(uint32_t asked);

#endif
