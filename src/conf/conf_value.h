/* conf_value.h - the plain types of values: numbers with units, words, texts. */
#ifndef CONF_CONF_VALUE_H
#define CONF_CONF_VALUE_H

#include "conf/conf_option.h"

extern const struct conf_type conf_value_number;          /* unsigned */
extern const struct conf_type conf_value_number_of_bytes; /* unsigned, with K M G T */
extern const struct conf_type conf_value_workers;         /* unsigned, or auto */
extern const struct conf_type conf_value_size;            /* uint64_t, K M G T are powers of 1024 */
extern const struct conf_type
    conf_value_millis; /* unsigned, ms s m h d; a bare number is seconds */
extern const struct conf_type conf_value_seconds;  /* uint32_t, s m h d */
extern const struct conf_type conf_value_switch;   /* bool: yes | no */
extern const struct conf_type conf_value_choice;   /* an enum, words of the range in its order */
extern const struct conf_type conf_value_private;  /* allow | deny | loopback of a listener */
extern const struct conf_type conf_value_text;     /* struct str without blanks */
extern const struct conf_type conf_value_token;    /* struct str, a token (RFC 9110 5.6.2) */
extern const struct conf_type conf_value_path;     /* struct str: absolute, or empty */
extern const struct conf_type conf_value_log_file; /* the same, or - */
extern const struct conf_type conf_value_folder;   /* char *: absolute */
extern const struct conf_type conf_value_pool;     /* int: index of the pool named */

/* "low..high" of a numeric option as numbers; high is UINT64_MAX when open. */
void conf_value_range(const struct conf_option *o, uint64_t *low, uint64_t *high);
/* Says that text is not what the option takes, and what it takes. */
void conf_value_refuse(struct conf_load *l, const struct conf_option *o, struct str text);

#endif
