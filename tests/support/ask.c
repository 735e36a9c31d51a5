/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/ask.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <CUnit/CUnit.h>
#include <rte_eal.h>

enum { ANSWER_MAX = 16384 }; /* of rte_telemetry */

static int
dial(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char hello[1024];
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%.80s/dpdk_telemetry.v2",
		 rte_eal_get_runtime_dir());
	if (fd >= 0 && connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 &&
	    recv(fd, hello, sizeof(hello), 0) > 0)
		return fd;
	close(fd);
	return -1;
}

static json_t *
exchange(int fd, const char *command)
{
	char name[512], text[ANSWER_MAX + 1];
	ssize_t len;
	json_t *all, *answer;

	if (send(fd, command, strlen(command), 0) < 0)
		return NULL;
	len = recv(fd, text, sizeof(text), 0);
	if (len <= 0)
		return NULL;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(command, ","), command);
	all = json_loadb(text, (size_t)len, JSON_REJECT_DUPLICATES, NULL);
	answer = json_incref(json_object_get(all, name));
	json_decref(all);
	return answer;
}

static void *
run(void *arg)
{
	struct ask *a = arg;
	int fd = dial();

	if (fd >= 0) {
		a->answer = exchange(fd, a->command);
		close(fd);
	}
	atomic_store(&a->done, true);
	return NULL;
}

void
ask_start(struct ask *a, const char *command)
{
	memset(a, 0, sizeof(*a));
	snprintf(a->command, sizeof(a->command), "%s", command);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&a->thread, NULL, run, a), 0);
}

bool
ask_done(const struct ask *a)
{
	return atomic_load(&a->done);
}

json_t *
ask_end(struct ask *a)
{
	pthread_join(a->thread, NULL);
	if (a->answer == NULL)
		printf("# no answer to %s\n", a->command);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a->answer);
	return a->answer;
}
