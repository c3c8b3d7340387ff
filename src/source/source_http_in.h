/* source_http_in.h - the answering side of an exchange; only for source_http.c. */
#ifndef SOURCE_SOURCE_HTTP_IN_H
#define SOURCE_SOURCE_HTTP_IN_H

#include "source/source_http.h"

void source_http_in_again(struct loop_call *c);
/* Everything that can be done now: what waits goes out, what came is read. */
void source_http_in_run(struct source_http *x);
/* The connection stands and the head was written. */
void source_http_in_opened(struct source_http *x);
void source_http_in_dial_failed(struct source_http *x, int status);
/* A write failed. What the origin said before it closed may still be read. */
void source_http_in_sending_failed(struct source_http *x);
/* Closes, then tells. */
void source_http_in_fail(struct source_http *x, int err, const char *why, const char *proxy_error);

#endif
