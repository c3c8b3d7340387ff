/* account.h - does everything add up? keep_account() tells what is checked. Keeper's files only. */
#ifndef STORE_ACCOUNT_H
#define STORE_ACCOUNT_H

#include <stddef.h>
#include <stdint.h>

int account_check(const char *path, uint64_t size, char *why, size_t n);

#endif
