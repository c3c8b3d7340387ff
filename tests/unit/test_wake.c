/* test_wake.c - wakes arrive, are drained, and survive being handed on by number. */
#include <poll.h>
#include "base/err.h"
#include "base/slot.h"
#include "base/wake.h"
#include "unit.h"

static bool awake(int slot)
{
	struct pollfd p = {wake_fd(slot), POLLIN, 0};
	return poll(&p, 1, 0) == 1;
}

static void send_and_drain(void)
{
	CU_ASSERT_FATAL(wake_create() == 0);
	CU_ASSERT(!awake(0) && !awake(1));
	wake_send(1);
	wake_send(1);
	CU_ASSERT(awake(1) && !awake(0));
	wake_drain(1);
	CU_ASSERT(!awake(1));
	wake_drain(1); /* nothing there: does not block */
	CU_ASSERT((fcntl(wake_fd(0), F_GETFD) & FD_CLOEXEC) == 0);
}

static void sender_never_blocks(void)
{
	uint64_t most = UINT64_MAX - 1;

	CU_ASSERT(write(wake_fd(2), &most, sizeof most) == sizeof most);
	wake_send(2); /* the counter is full */
	CU_ASSERT(awake(2));
	wake_drain(2);
	CU_ASSERT(!awake(2));
}

static void hand_on(void)
{
	char text[SLOT_MAX * 8], few[4];
	int fd = wake_fd(SLOT_MAX - 1);

	CU_ASSERT(wake_export(few, sizeof few) == ERR_LIMIT);
	CU_ASSERT_FATAL(wake_export(text, sizeof text) == 0);
	wake_send(SLOT_MAX - 1);
	CU_ASSERT(wake_import(str_of(text)) == 0);
	CU_ASSERT(wake_fd(SLOT_MAX - 1) == fd && awake(SLOT_MAX - 1));
}

static void bad_imports(void)
{
	char text[SLOT_MAX * 8];

	CU_ASSERT(wake_import(STR("")) == ERR_BAD);
	CU_ASSERT(wake_import(STR("0,1,2")) == ERR_BAD);
	CU_ASSERT_FATAL(wake_export(text, sizeof text - 8) == 0);
	text[0] = 'x';
	CU_ASSERT(wake_import(str_of(text)) == ERR_BAD);
	CU_ASSERT_FATAL(wake_export(text, sizeof text - 8) == 0);
	strcat(text, ",0"); /* one too many */
	CU_ASSERT(wake_import(str_of(text)) == ERR_BAD);
	strcpy(strrchr(text, ','), "");
	strcpy(strrchr(text, ','), ",999999"); /* not open */
	CU_ASSERT(wake_import(str_of(text)) == ERR_BAD);
}

UNIT_MAIN("wake", {"send and drain", send_and_drain}, {"sender never blocks", sender_never_blocks},
          {"hand on", hand_on}, {"bad imports", bad_imports})
