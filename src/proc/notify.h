/* notify.h - tells the service manager what the master does (sd_notify's protocol, without its
 * library). */
#ifndef PROC_NOTIFY_H
#define PROC_NOTIFY_H

/* "READY=1", "STOPPING=1" ... to $NOTIFY_SOCKET; nothing when there is none. Never blocks. */
void notify_send(const char *text);
/* Says RELOADING=1 with the monotonic time that the protocol asks for. */
void notify_reloading(void);
/* Once a tick of the master: WATCHDOG=1 when the manager wants it ($WATCHDOG_USEC). */
void notify_watchdog(void);

#endif
