/* title.h - what ps shows for a child: "weir: worker 3". */
#ifndef PROC_TITLE_H
#define PROC_TITLE_H

/* Remembers where the arguments lie; the environment must not be read through envp afterwards. */
void title_init(int argc, char **argv);
/* Overwrites them, and the short name (comm). The master keeps its arguments: they say which file
 * it runs. */
void title_set(const char *text);

#endif
