/* source_local.h - an answer made here, whole in memory: error pages, admin answers. */
#ifndef SOURCE_SOURCE_LOCAL_H
#define SOURCE_SOURCE_LOCAL_H

#include "base/str.h"
#include "source/source.h"

struct source_local {
	struct source source;
	struct str body; /* memory of the request's arena */
};

void source_local_init(struct source_local *l, struct str body);

#endif
