/* main.c - the command line of weir.
 *
 * Exit status: 0 ended as asked (or -t found nothing), 1 the configuration or the start failed, 2
 * wrong usage. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "proc/handover.h"
#include "proc/layout.h"
#include "proc/master.h"
#include "proc/reload.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

enum main_action { MAIN_RUN, MAIN_TEST, MAIN_PRINT, MAIN_HELP_OPTIONS };
enum main_long { MAIN_LONG_PRINT = 256, MAIN_LONG_IDENTITY, MAIN_LONG_HELP_OPTIONS };

static const struct option main_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"test", no_argument, NULL, 't'},
    {"print-config", no_argument, NULL, MAIN_LONG_PRINT},
    {"help-options", no_argument, NULL, MAIN_LONG_HELP_OPTIONS},
    {"identity", no_argument, NULL, MAIN_LONG_IDENTITY},
    {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static void main_usage(FILE *out)
{
	fputs("usage: weir [-c FILE] [-t | --print-config]\n"
	      "\n"
	      "A caching HTTP proxy. Without a file: a forward proxy on 127.0.0.1:3128.\n"
	      "\n"
	      "  -c, --config FILE   read the configuration from FILE\n"
	      "  -t, --test          only check it\n"
	      "      --print-config  print the configuration that is in force, and end\n"
	      "      --help-options  describe every option of the file, and end\n"
	      "  -V, --version       print the version\n"
	      "  -h, --help          print this text\n"
	      "\n"
	      "Signals: HUP reload, USR1 reopen log files, USR2 new binary, QUIT finish what runs\n"
	      "and end, TERM end now. See weir(8), weir.ini(5) and weirctl(8).\n",
	      out);
}

/* For -t and --print-config; identity is what the master wants to know of a new file or binary. */
static int main_inspect(enum main_action action, const char *path, bool identity)
{
	struct conf *conf = conf_load(path, stderr);

	if (conf == NULL)
		return 1;
	if (action == MAIN_PRINT) {
		conf_print(conf, stdout);
	} else if (identity) {
		layout_declare(conf);
		printf(RELOAD_IDENTITY "%llx\n", (unsigned long long)layout_identity(conf));
	} else {
		printf("%s: ok\n", path == NULL ? "built-in default" : path);
	}
	conf_free(conf);
	return fflush(stdout) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	enum main_action action = MAIN_RUN;
	const char *path = NULL;
	bool identity = false;
	struct conf *conf;
	int c;

	/* '+': the arguments stay in their order, since the master executes itself with them again.
	 */
	while ((c = getopt_long(argc, argv, "+c:thV", main_options, NULL)) != -1) {
		if (c == 'c')
			path = optarg;
		else if (c == 't')
			action = MAIN_TEST;
		else if (c == MAIN_LONG_PRINT)
			action = MAIN_PRINT;
		else if (c == MAIN_LONG_HELP_OPTIONS)
			action = MAIN_HELP_OPTIONS;
		else if (c == MAIN_LONG_IDENTITY)
			identity = true;
		else if (c == 'V' || c == 'h') {
			if (c == 'V')
				puts("weir " PACKAGE_VERSION);
			else
				main_usage(stdout);
			return 0;
		} else {
			main_usage(stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "weir: %s: unexpected\n", argv[optind]);
		main_usage(stderr);
		return 2;
	}
	if (action == MAIN_HELP_OPTIONS) {
		conf_print_manual(stdout);
		return 0;
	}
	if (action != MAIN_RUN)
		return main_inspect(action, path, identity);
	if (handover_pending())
		return master_resume(argc, argv, path);
	conf = conf_load(path, stderr);
	return conf == NULL ? 1 : master_run(argc, argv, path, conf);
}
