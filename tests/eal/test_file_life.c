/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Files and sockets that go away while a read is under way, readiness, and refusals. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include <rte_thread.h>

#include "eal/files.h"
#include "stack/state.h"
#include "support/eal.h"
#include "support/harness.h"

static bool no_threads;

/* In front of DPDK's. Not of pthread_create(): that is AddressSanitizer's, which must hear of threads. */
int
rte_thread_create_control(rte_thread_t *thread, const char *name, rte_thread_func func, void *arg)
{
	int (*real)(rte_thread_t *, const char *, rte_thread_func, void *);

	if (no_threads)
		return EAGAIN;
	*(void **)&real = dlsym(RTLD_NEXT, "rte_thread_create_control");
	return real(thread, name, func, arg);
}

/* Threads of the process that read files. */
static int
readers(void)
{
	char path[300], name[32];
	DIR *all = opendir("/proc/self/task");
	struct dirent *e;
	int n = 0, fd;

	CU_ASSERT_PTR_NOT_NULL_FATAL(all);
	while ((e = readdir(all)) != NULL) {
		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", e->d_name);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		n += read(fd, name, sizeof(name)) == 10 && memcmp(name, "rtls-read\n", 10) == 0;
		close(fd);
	}
	closedir(all);
	return n;
}

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static struct rtls_file *
open_file(struct pair *p, int fd)
{
	struct rtls_file *file = NULL;

	CU_ASSERT_EQUAL_FATAL(rtls_file_open(p->stack[NEAR], fd, NULL, &file), 0);
	return file;
}

/* --- refusals ---------------------------------------------------------------- */

static void
refuse(struct pair *p, int fd, const struct rtls_file_conf *conf, int error)
{
	struct rtls_file *file = NULL;
	bool was_open = fd >= 0 && is_open(fd);

	CU_ASSERT_EQUAL(rtls_file_open(p->stack[NEAR], fd, conf, &file), error);
	CU_ASSERT_PTR_NULL(file);
	/* It stays the caller's. */
	CU_ASSERT_EQUAL(fd >= 0 && is_open(fd), was_open);
	if (was_open)
		close(fd);
}

static void
test_refusals(void)
{
	struct rtls_file_conf conf = { .size = sizeof(conf), .read_ahead = 17 };
	char name[] = "/tmp/recordtls-XXXXXX";
	struct pair p;
	int fd[2];

	pair_init(&p, NULL);
	refuse(&p, -1, NULL, -EBADF);
	fd[0] = file_make(10);
	close(fd[0]);
	refuse(&p, fd[0], NULL, -EBADF);
	fd[0] = mkstemp(name);
	CU_ASSERT_FATAL(fd[0] >= 0);
	close(fd[0]);
	refuse(&p, open(name, O_WRONLY), NULL, -EBADF);
	unlink(name);
	CU_ASSERT_EQUAL_FATAL(pipe(fd), 0);
	refuse(&p, fd[0], NULL, -EINVAL);
	refuse(&p, fd[1], NULL, -EBADF);
	refuse(&p, open("/tmp", O_RDONLY | O_DIRECTORY), NULL, -EINVAL);
	refuse(&p, open("/dev/null", O_RDONLY), NULL, -EINVAL);
	refuse(&p, file_make(10), &conf, -EINVAL);
	conf = (struct rtls_file_conf){ .size = 3 };
	refuse(&p, file_make(10), &conf, -EINVAL);
	pair_fini(&p);
}

static void
test_calls_refused(void)
{
	struct rtls_addr remote = pair_addr(1, PAIR_PORT);
	struct rtls_sock *k;
	struct rtls_file *file;
	struct pair p;
	struct half h;

	pair_init(&p, NULL);
	file = open_file(&p, file_make(1000));
	CU_ASSERT_EQUAL(rtls_connect(p.stack[NEAR], NULL, &remote, &k), 0);
	CU_ASSERT_EQUAL(rtls_sendfile(k, file, 0, 10, 0), -ENOTCONN);
	CU_ASSERT_EQUAL(rtls_close(k), 0);
	half_open(&p, &h);
	CU_ASSERT_EQUAL(rtls_sendfile(h.socks[NEAR], file, 0, 10, RTLS_MSG_PEEK), -EINVAL);
	CU_ASSERT_EQUAL(rtls_sendfile(h.socks[NEAR], file, 0, 10, RTLS_MSG_EOR), -EINVAL);
	CU_ASSERT_EQUAL(rtls_sendfile(h.socks[NEAR], file, 0, 10, 1 << 30), -EINVAL);
	CU_ASSERT_EQUAL(rtls_shutdown(h.socks[NEAR], RTLS_SHUT_WR), 0);
	CU_ASSERT_EQUAL(rtls_sendfile(h.socks[NEAR], file, 0, 10, 0), -EPIPE);
	half_close(&p, &h);
	half_open(&p, &h);
	CU_ASSERT_EQUAL(rtls_abort(h.socks[FAR]), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL(rtls_sendfile(h.socks[NEAR], file, 0, 10, 0), -EPIPE);
	CU_ASSERT_EQUAL(rtls_sendfile(h.socks[NEAR], file, 5000, 10, 0), -EPIPE);
	CU_ASSERT_EQUAL(rtls_close(h.socks[NEAR]), 0);
	rtls_file_put(file);
	pair_fini(&p);
}

/* Reading fails, as on a bad disk: told at each call, the connection is good. */
static void
test_unreadable(void)
{
	int fd = file_make(50000), directory = open("/tmp", O_RDONLY | O_DIRECTORY);
	struct rtls_file *file;
	struct sink s;
	struct pair p;
	struct half h;

	pair_init(&p, NULL);
	half_open(&p, &h);
	sink_init(&s, &h);
	file = open_file(&p, fd);
	CU_ASSERT_EQUAL(file_send(&p, &s, file, 0, 1000, 0), 1000);
	CU_ASSERT_FATAL(directory >= 0 && dup2(directory, fd) == fd);
	close(directory);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(file_send(&p, &s, file, 1000, 40000, 0), -EIO);
	rtls_file_put(file);
	CU_ASSERT_EQUAL(sink_record(&s, RTLS_TYPE_DATA, 0), 1000);
	CU_ASSERT_EQUAL(s.at, s.len);
	half_alert(&p, &h, 80);
	sink_fini(&s);
	half_close(&p, &h);
	pair_fini(&p);
}

/* --- readiness --------------------------------------------------------------- */

static void
test_writable(void)
{
	struct rtls_file *file;
	struct sink s;
	struct pair p;
	struct half h;
	uint64_t off = 0;
	ssize_t n;

	pair_init(&p, NULL);
	half_open(&p, &h);
	sink_init(&s, &h);
	file = open_file(&p, file_make(1 << 20));
	CU_ASSERT_EQUAL(rtls_sock_watch(h.socks[NEAR], RTLS_WRITABLE, NULL), 0);
	CU_ASSERT_EQUAL(pair_bits(&p, NEAR, h.socks[NEAR]), RTLS_WRITABLE);
	while (off < 1 << 20) {
		n = rtls_sendfile(h.socks[NEAR], file, off, SIZE_MAX, 0);
		if (n > 0) {
			off += (uint64_t)n;
			continue;
		}
		CU_ASSERT_EQUAL_FATAL(n, -EAGAIN);
		/* Not until the thread has it, or the peer took something. */
		CU_ASSERT_EQUAL(pair_bits(&p, NEAR, h.socks[NEAR]), 0);
		for (int i = 0; pair_bits(&p, NEAR, h.socks[NEAR]) == 0; i++) {
			CU_ASSERT_FATAL(i < 100000);
			sink_take(&s);
			file_wait(&p);
		}
		/* And then it is true. */
		n = rtls_sendfile(h.socks[NEAR], file, off, SIZE_MAX, 0);
		CU_ASSERT_FATAL(n > 0);
		off += (uint64_t)n;
	}
	sink_fill(&p, &s);
	for (off = 0; off < 1 << 20;)
		off += (uint64_t)sink_record(&s, RTLS_TYPE_DATA, off);
	CU_ASSERT_EQUAL(s.at, s.len);
	/* Something else to send is no reason to wait for the file. */
	CU_ASSERT_EQUAL(rtls_sendfile(h.socks[NEAR], file, 0, 10, 0), -EAGAIN);
	CU_ASSERT_EQUAL(pair_bits(&p, NEAR, h.socks[NEAR]), 0);
	CU_ASSERT_EQUAL(rtls_send(h.socks[NEAR], "x", 1, 0), 1);
	rtls_file_put(file);
	sink_fini(&s);
	half_close(&p, &h);
	pair_fini(&p);
}

/* --- life -------------------------------------------------------------------- */

enum ending {
	CLOSED,
	ABORTED,
	RESET,
	PUT_FIRST,
	SHUT,
	LEFT,
};

static void
play_ending(enum ending how)
{
	int fd = file_make(200000);
	struct rtls_file *file;
	struct pair p;
	struct half h;

	pair_init(&p, NULL);
	half_open(&p, &h);
	file = open_file(&p, fd);
	CU_ASSERT_EQUAL(rtls_sendfile(h.socks[NEAR], file, 0, SIZE_MAX, 0), -EAGAIN);
	switch (how) {
	case PUT_FIRST:
		rtls_file_put(file);
		/* fall through */
	case CLOSED:
		CU_ASSERT_EQUAL(rtls_close(h.socks[NEAR]), 0);
		break;
	case ABORTED:
		CU_ASSERT_EQUAL(rtls_abort(h.socks[NEAR]), 0);
		break;
	case RESET:
		CU_ASSERT_EQUAL(rtls_abort(h.socks[FAR]), 0);
		pair_settle(&p);
		CU_ASSERT_EQUAL(rtls_close(h.socks[NEAR]), 0);
		break;
	case SHUT:
		CU_ASSERT_EQUAL(rtls_shutdown(h.socks[NEAR], RTLS_SHUT_WR), 0);
		CU_ASSERT_EQUAL(rtls_close(h.socks[NEAR]), 0);
		break;
	case LEFT:
		break;
	}
	if (how != PUT_FIRST)
		rtls_file_put(file);
	if (how == LEFT)
		CU_ASSERT_EQUAL(rtls_close(h.socks[NEAR]), 0);
	if (how != RESET)
		CU_ASSERT_EQUAL(rtls_close(h.socks[FAR]), 0);
	for (int i = 0; is_open(fd); i++) {
		CU_ASSERT_FATAL(i < 100000);
		file_wait(&p);
	}
	pair_fini(&p);
}

static void
test_endings(void)
{
	for (int i = 0; i < 20; i++)
		for (int how = CLOSED; how <= LEFT; how++)
			play_ending(how);
}

/* Put right behind the last call: what was accepted still arrives. */
static void
test_put(void)
{
	int fd = file_make(100000);
	struct rtls_file *file;
	struct sink s;
	struct pair p;
	struct half h;
	ssize_t n;

	pair_init(&p, NULL);
	half_open(&p, &h);
	sink_init(&s, &h);
	file = open_file(&p, fd);
	while ((n = rtls_sendfile(h.socks[NEAR], file, 0, 40000, 0)) == -EAGAIN)
		file_wait(&p);
	CU_ASSERT_FATAL(n > 0);
	rtls_file_put(file);
	sink_fill(&p, &s);
	for (int64_t off = 0; off < n;)
		off += sink_record(&s, RTLS_TYPE_DATA, (uint64_t)off);
	CU_ASSERT_EQUAL(s.at, s.len);
	sink_fini(&s);
	half_close(&p, &h);
	for (int i = 0; is_open(fd); i++) {
		CU_ASSERT_FATAL(i < 100000);
		file_wait(&p);
	}
	/* Without a read it is closed at once. */
	fd = file_make(10);
	rtls_file_put(open_file(&p, fd));
	CU_ASSERT_FALSE(is_open(fd));
	pair_fini(&p);
}

/* The stack goes with reads under way: once they are done, and never before. */
static void
test_destroy(void)
{
	int fd, rc;
	struct rtls_file *file;
	struct pair p;
	struct half h;

	for (int i = 0; i < 20; i++) {
		pair_init(&p, NULL);
		half_open(&p, &h);
		fd = file_make(200000);
		file = open_file(&p, fd);
		CU_ASSERT_EQUAL(rtls_sendfile(h.socks[NEAR], file, 0, SIZE_MAX, 0), -EAGAIN);
		/* The next poll tells the thread: who sleeps polls at once. */
		CU_ASSERT(rtls_stack_deadline(p.stack[NEAR]) <= p.stack[NEAR]->now_us);
		rtls_file_put(file);
		for (int tries = 0; (rc = rtls_stack_destroy(p.stack[NEAR])) == -EAGAIN; tries++) {
			CU_ASSERT_FATAL(tries < 100000);
			file_wait(&p);
		}
		CU_ASSERT_EQUAL(rc, 0);
		CU_ASSERT_FALSE(is_open(fd));
		p.stack[NEAR] = NULL;
		pair_settle(&p);
		CU_ASSERT_EQUAL(pair_info(h.socks[FAR]).end_reason, RTLS_REASON_RESET);
		CU_ASSERT_EQUAL(rtls_close(h.socks[FAR]), 0);
		pair_fini(&p);
	}
}

/* A stack has a thread once it has had a file. */
static void
test_thread(void)
{
	struct rtls_file *first = NULL, *second;
	int fd = file_make(100);
	struct pair p;

	pair_init(&p, NULL);
	CU_ASSERT_EQUAL(readers(), 0);
	no_threads = true;
	CU_ASSERT_EQUAL(rtls_file_open(p.stack[NEAR], fd, NULL, &first), -EAGAIN);
	no_threads = false;
	CU_ASSERT_PTR_NULL(first);
	CU_ASSERT_TRUE(is_open(fd));
	CU_ASSERT_EQUAL(readers(), 0);
	first = open_file(&p, fd);
	CU_ASSERT_EQUAL(readers(), 1);
	second = open_file(&p, file_make(100));
	CU_ASSERT_EQUAL(readers(), 1);
	rtls_file_put(first);
	rtls_file_put(second);
	pair_fini(&p);
	CU_ASSERT_EQUAL(readers(), 0);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "files that are refused", test_refusals },
		{ "calls that are refused", test_calls_refused },
		{ "a file that cannot be read", test_unreadable },
		{ "writable when it is loaded", test_writable },
		{ "sockets that end while a read is under way", test_endings },
		{ "a file that is put away early", test_put },
		{ "the thread that reads", test_thread },
		{ "a stack that ends while a read is under way", test_destroy },
	};

	if (eal_start("test-file-life") != 0)
		return 1;
	return harness_run("eal/file_life", cases, HARNESS_COUNT(cases));
}
