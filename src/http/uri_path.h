/* uri_path.h - the path of a reference (RFC 3986 5.2). Called by uri_resolve; results lie in the
 * arena or are the inputs themselves. */
#ifndef HTTP_URI_PATH_H
#define HTTP_URI_PATH_H

#include "base/arena.h"
#include "base/str.h"

/* path?query without the segments "." and ".." of its path (5.2.4). 0 or ERR_NOMEM. */
int uri_path_undotted(struct arena *a, struct str path_query, struct str *out);
/* "x/y", "../x" or "?q" beside the path of base, a path?query (5.2.3); dots stay. 0; ERR_NOMEM;
 * ERR_UNSUPPORTED when base is no path, and for what begins with another scheme. */
int uri_path_beside(struct arena *a, struct str base, struct str reference, struct str *out);

#endif
