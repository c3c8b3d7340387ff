/* source_admin_explain.h - what the cache knows of a URL, and what it would do with it now.
 *
 * Answers /explain of the admin listener, in the words of the access log and of Cache-Status. */
#ifndef SOURCE_SOURCE_ADMIN_EXPLAIN_H
#define SOURCE_SOURCE_ADMIN_EXPLAIN_H

#include "http/msg.h"
#include "http/uri.h"
#include "policy/cache_key.h"
#include "source/admin_report.h"
#include "store/store.h"

/* The key of an absolute URL. 0, or the status to answer with and *why. */
int source_admin_explain_key(struct arena *a, const struct cache_key_rules *rules, struct str url,
                             struct uri *uri, struct store_key *key, const char **why);
/* Writes the answer about a GET with the fields of `request`. 0, or a status and *why. */
int source_admin_explain_url(struct arena *a, const struct cache_key_rules *rules,
                             const struct msg *request, struct str url, struct admin_report *out,
                             const char **why);

#endif
