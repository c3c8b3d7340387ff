/* conf_acl.h - [acl] and [access] made into policy's rules, and what holds without them. */
#ifndef CONF_CONF_ACL_H
#define CONF_CONF_ACL_H

#include "conf/conf_option.h"

extern const struct conf_type conf_acl_client, conf_acl_client_file, conf_acl_domain,
    conf_acl_domain_file, conf_acl_port, conf_acl_method, conf_acl_listener, conf_acl_scheme;
extern const struct conf_type conf_acl_rule_allow, conf_acl_rule_deny;

/* Before any value is read: an empty conf->access. */
void conf_acl_begin(struct conf_load *l);
/* After the last value: the rules that hold without [access], the checks, and the seal. */
void conf_acl_finish(struct conf_load *l);

#endif
