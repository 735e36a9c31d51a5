/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#define _GNU_SOURCE /* nftw() */
#include "fileserver/upload.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "fileserver/path.h"
#include "support/harness.h"

static char dir[64];
static int root_fd;
static struct upload_set *set;

static void
begin(uint64_t max_bytes, uint32_t max_files)
{
	struct upload_conf conf = { .max_bytes = max_bytes, .max_files = max_files };

	strcpy(dir, "/tmp/test-upload-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	root_fd = path_root(dir);
	CU_ASSERT_FATAL(root_fd >= 0);
	conf.root_fd = root_fd;
	set = upload_set_create(&conf);
	CU_ASSERT_PTR_NOT_NULL_FATAL(set);
}

static int nb_names;

static int
count_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)path;
	(void)st;
	(void)flag;
	nb_names += ftw->level > 0;
	return 0;
}

/* Files and folders below. */
static int
names(void)
{
	nb_names = 0;
	nftw(dir, count_one, 8, FTW_PHYS);
	return nb_names;
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void
end(void)
{
	upload_set_destroy(set);
	close(root_fd);
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The status of its end. Turns until then. */
static int
finish(struct upload *u)
{
	int status;

	while ((status = upload_end(u)) == 0)
		upload_set_turn(set);
	upload_close(u);
	return status;
}

/* Sends bytes that follow from their places. Turns where there is no room. 0, or a status. */
static int
send_bytes(struct upload *u, uint64_t from, uint64_t len)
{
	char bytes[5000];
	int status = 0;

	while (len > 0 && status == 0) {
		size_t n = len < sizeof(bytes) ? len : sizeof(bytes), room;

		while ((room = upload_room(u)) == 0 && (status = upload_status(u)) == 0)
			upload_set_turn(set);
		if (status != 0)
			break;
		if (n > room)
			n = room;
		for (size_t i = 0; i < n; i++)
			bytes[i] = (char)((from + i) * 2654435761u >> 13);
		status = upload_take(u, bytes, n);
		from += n;
		len -= n;
	}
	return status;
}

static void
check_file(const char *name, uint64_t len)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	for (uint64_t i = 0; i < len; i++)
		if (fgetc(f) != (unsigned char)(i * 2654435761u >> 13)) {
			printf("# byte %llu of %llu\n", (unsigned long long)i,
			       (unsigned long long)len);
			CU_ASSERT(false);
			break;
		}
	CU_ASSERT_EQUAL(fgetc(f), EOF);
	fclose(f);
}

static void
test_whole(void)
{
	static const uint64_t lens[] = { 0, 1, 131071, 131072, 131073, 262144, 1000000 };
	struct upload *u;

	begin(UINT64_MAX, 1);
	for (size_t i = 0; i < HARNESS_COUNT(lens); i++)
		for (int again = 0; again < 2; again++) {
			char name[32];

			snprintf(name, sizeof(name), "f%zu", i);
			CU_ASSERT_EQUAL_FATAL(upload_open(set, name, lens[i], NULL, &u), 200);
			CU_ASSERT_EQUAL(send_bytes(u, 0, lens[i]), 0);
			CU_ASSERT_EQUAL(finish(u), again ? 204 : 201);
			check_file(name, lens[i]);
		}
	CU_ASSERT_EQUAL(names(), (int)HARNESS_COUNT(lens));
	end();
}

/* Given up at any point, also while the thread has it. */
static void
test_given_up(void)
{
	uint64_t seed = harness_seed();
	struct upload *u;

	begin(UINT64_MAX, 1000);
	for (int i = 0; i < 300; i++) {
		CU_ASSERT_EQUAL_FATAL(upload_open(set, "f", UPLOAD_UNKNOWN, NULL, &u), 200);
		send_bytes(u, 0, harness_below(&seed, 500000));
		upload_close(u);
	}
	upload_set_destroy(set);
	set = NULL;
	CU_ASSERT_EQUAL(names(), 0);
	end();
}

/* Who is ahead of the disk has to wait: never more than two buffers are taken. */
static void
test_room(void)
{
	static char bytes[1 << 20];
	struct upload *u;
	size_t room, taken = 0;

	begin(UINT64_MAX, 1);
	CU_ASSERT_EQUAL_FATAL(upload_open(set, "f", UPLOAD_UNKNOWN, &u, &u), 200);
	/* Without a turn nothing comes back from the thread, however fast it is. */
	while ((room = upload_room(u)) != 0) {
		CU_ASSERT_FATAL(taken + room <= sizeof(bytes));
		CU_ASSERT_EQUAL(upload_take(u, bytes, room), 0);
		taken += room;
	}
	CU_ASSERT_EQUAL(taken, 2 * 131072);
	while (upload_set_turn(set) != &u)
		;
	CU_ASSERT_EQUAL(upload_room(u), 131072);
	CU_ASSERT_EQUAL(finish(u), 201);
	end();
}

static void
test_limits(void)
{
	struct upload *u, *v;

	begin(100, 1);
	CU_ASSERT_EQUAL(upload_open(set, "f", 101, NULL, &u), 413);
	CU_ASSERT_EQUAL_FATAL(upload_open(set, "f", 100, NULL, &u), 200);
	CU_ASSERT_EQUAL(upload_open(set, "g", 1, NULL, &v), 503);
	CU_ASSERT_EQUAL(send_bytes(u, 0, 100), 0);
	CU_ASSERT_EQUAL(finish(u), 201);
	CU_ASSERT_EQUAL_FATAL(upload_open(set, "f", UPLOAD_UNKNOWN, NULL, &u), 200);
	CU_ASSERT_EQUAL(send_bytes(u, 0, 101), 413);
	upload_close(u);
	check_file("f", 100);
	CU_ASSERT_EQUAL(names(), 1);
	end();
}

/* A place is for who sends: a minute, and a second for each KiB. */
static void
test_slow(void)
{
	const uint64_t second_us = 1000000;
	struct upload *u;

	begin(UINT64_MAX, 1);
	CU_ASSERT_EQUAL_FATAL(upload_open(set, "f", UPLOAD_UNKNOWN, NULL, &u), 200);
	CU_ASSERT_FALSE(upload_is_slow(u, 0));
	CU_ASSERT_FALSE(upload_is_slow(u, 60 * second_us));
	CU_ASSERT_TRUE(upload_is_slow(u, 61 * second_us));
	CU_ASSERT_EQUAL(send_bytes(u, 0, 1023), 0);
	CU_ASSERT_TRUE(upload_is_slow(u, 61 * second_us));
	CU_ASSERT_EQUAL(send_bytes(u, 1023, 9217), 0);
	CU_ASSERT_FALSE(upload_is_slow(u, 70 * second_us));
	CU_ASSERT_TRUE(upload_is_slow(u, 71 * second_us));
	upload_close(u);
	end();
}

/* What write() refuses; the file that is there stays as it is. */
static void
test_no_room(void)
{
	struct rlimit limit = { 200000, RLIM_INFINITY }, before;
	struct upload *u;

	begin(UINT64_MAX, 1);
	CU_ASSERT_EQUAL_FATAL(upload_open(set, "f", UPLOAD_UNKNOWN, NULL, &u), 200);
	CU_ASSERT_EQUAL(send_bytes(u, 0, 1000), 0);
	CU_ASSERT_EQUAL(finish(u), 201);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	limit.rlim_max = before.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
	CU_ASSERT_EQUAL_FATAL(upload_open(set, "f", UPLOAD_UNKNOWN, NULL, &u), 200);
	CU_ASSERT_EQUAL(send_bytes(u, 0, 10000000), 507);
	upload_close(u);
	/* Found out only at the end. */
	CU_ASSERT_EQUAL_FATAL(upload_open(set, "f", UPLOAD_UNKNOWN, NULL, &u), 200);
	CU_ASSERT_EQUAL(send_bytes(u, 0, 200001), 0);
	CU_ASSERT_EQUAL(finish(u), 507);
	setrlimit(RLIMIT_FSIZE, &before);
	check_file("f", 1000);
	CU_ASSERT_EQUAL(names(), 1);
	end();
}

/* Between the first look and the end the name may have become something else. */
static void
test_name_taken(void)
{
	static const struct {
		const char *command;
		int status;
	} rows[] = {
		{ "mkdir %s/f", 409 },
		{ "mkfifo %s/f", 409 },
		{ "ln -s / %s/f", 409 },
		{ "echo > %s/f", 204 },
	};
	struct upload *u;
	char command[128];

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		begin(UINT64_MAX, 1);
		CU_ASSERT_EQUAL_FATAL(upload_open(set, "f", UPLOAD_UNKNOWN, NULL, &u), 200);
		CU_ASSERT_EQUAL(send_bytes(u, 0, 10), 0);
		snprintf(command, sizeof(command), rows[i].command, dir);
		CU_ASSERT_EQUAL(system(command), 0);
		CU_ASSERT_EQUAL(finish(u), rows[i].status);
		CU_ASSERT_EQUAL(names(), 1);
		if (rows[i].status == 204)
			check_file("f", 10);
		end();
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "whole files, and again", test_whole },
		{ "given up at any point", test_given_up },
		{ "never more than two buffers", test_room },
		{ "limits", test_limits },
		{ "who sends too slowly", test_slow },
		{ "no room on the disk", test_no_room },
		{ "a name that is taken meanwhile", test_name_taken },
	};
	return harness_run("fileserver/upload", cases, HARNESS_COUNT(cases));
}
