/* title.c - the name of a process in ps, written over the memory of its arguments.
 *
 * The kernel shows the bytes between the first argument and the end of the last, and goes on into
 * the environment behind them if their last NUL was overwritten. So the environment is moved away
 * first: "./weir" alone would leave 6 bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "proc/title.h"

static char *title_at;
static size_t title_room;

/* The end of the strings that lie in one piece from `end` on; each gets a copy. */
static char *title_move_environment(char *end)
{
	for (char **e = environ; e != NULL && *e != NULL; e++) {
		char *copy;

		if (*e != end)
			continue;
		copy = strdup(*e);
		if (copy == NULL)
			break;
		end += strlen(*e) + 1;
		*e = copy;
	}
	return end;
}

void title_init(int argc, char **argv)
{
	prctl(PR_SET_NAME, "weir");
	if (argc < 1)
		return;
	title_at = argv[0];
	title_room =
	    (size_t)(title_move_environment(argv[argc - 1] + strlen(argv[argc - 1]) + 1) - argv[0]);
}

void title_set(const char *text)
{
	char name[16] = "weir-";

	if (title_room > 0) {
		memset(title_at, 0, title_room);
		snprintf(title_at, title_room, "weir: %s", text);
	}
	for (size_t i = 5; i < sizeof name - 1 && text[i - 5] != '\0'; i++)
		name[i] = text[i - 5] == ' ' ? '-' : text[i - 5];
	prctl(PR_SET_NAME, name);
}
