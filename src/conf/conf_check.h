/* conf_check.h - what single values cannot tell: whether they fit together. */
#ifndef CONF_CONF_CHECK_H
#define CONF_CONF_CHECK_H

#include "conf/conf_option.h"

/* Each after its section (at that line) was read, while l->given is about it. */
void conf_check_listener(struct conf_load *l, const struct conf_listener *c, unsigned line);
void conf_check_acl(struct conf_load *l, const struct conf_acl *acl, unsigned line);
/* After the last section; fills in what other options decide (control). */
void conf_check_whole(struct conf_load *l);

#endif
