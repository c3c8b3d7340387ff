/* title.c - the name of a process in ps, written over the memory of its arguments.
 *
 * The kernel shows the bytes between the first argument and the end of the last; a child of the
 * master needs neither, since what it keeps of them was copied. */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include "proc/title.h"

static char *title_at;
static size_t title_room;

void title_init(int argc, char **argv)
{
	title_at = argv[0];
	title_room = argc > 0 ? (size_t)(argv[argc - 1] + strlen(argv[argc - 1]) - argv[0]) : 0;
	prctl(PR_SET_NAME, "weir");
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
