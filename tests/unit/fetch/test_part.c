/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fetch/part.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "support/harness.h"

/* One sentence for each refusal goes to standard error. */
const char say_program[] = "test-fetch-part";

static char folder[] = "/tmp/recordtls-part-XXXXXX";

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	CU_ASSERT_EQUAL(fclose(f), 0);
}

static void
check_file(const char *path, const char *text)
{
	char bytes[64] = "";
	FILE *f = fopen(path, "r");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	bytes[fread(bytes, 1, sizeof(bytes) - 1, f)] = '\0';
	fclose(f);
	CU_ASSERT_STRING_EQUAL(bytes, text);
}

/* It is whole, and takes the place of what was there. */
static void
test_whole(void)
{
	struct part p;

	write_file("file", "old");
	CU_ASSERT_TRUE_FATAL(part_open(&p, "file", false));
	CU_ASSERT_TRUE(part_write(&p, "new", 3));
	check_file("file", "old");
	CU_ASSERT_TRUE(part_finish(&p));
	check_file("file", "new");
	CU_ASSERT_EQUAL(access("file.part", F_OK), -1);
}

/* A part is gone on with if it is known of what, and by one at a time. */
static void
test_left(void)
{
	struct part p, other;

	CU_ASSERT_TRUE_FATAL(part_open(&p, "left", false));
	CU_ASSERT_TRUE(part_write(&p, "one", 3));
	CU_ASSERT_FALSE(part_open(&other, "left", true));
	CU_ASSERT_FALSE(part_leave(&other));
	check_file("left.part", "one");
	p.last_modified = 784111777;
	CU_ASSERT_TRUE(part_leave(&p));
	CU_ASSERT_TRUE_FATAL(part_open(&p, "left", true));
	CU_ASSERT_EQUAL(p.len, 3);
	CU_ASSERT_EQUAL(p.last_modified, 784111777);
	CU_ASSERT_TRUE(part_write(&p, "two", 3));
	CU_ASSERT_TRUE(part_finish(&p));
	check_file("left", "onetwo");

	CU_ASSERT_TRUE_FATAL(part_open(&p, "undated", false));
	CU_ASSERT_TRUE(part_write(&p, "one", 3));
	CU_ASSERT_FALSE(part_leave(&p));
	CU_ASSERT_EQUAL(access("undated.part", F_OK), -1);
}

/* Again and again. False: what had its name was written to, or lost it. */
static bool
put_whole_ones(unsigned int *whole)
{
	enum { ROUNDS = 2000 };

	for (int i = 0; i < ROUNDS; i++) {
		struct part p;
		struct stat st;

		if (!part_open(&p, "both", false)) {
			part_leave(&p);
			continue;
		}
		if (!part_write(&p, "whole", 5) || !part_finish(&p) || stat("both", &st) != 0 ||
		    st.st_size != 5)
			return false;
		++*whole;
	}
	return true;
}

/* Who has opened the part of another is not to write to it when that one is whole. */
static void
test_two_at_once(void)
{
	unsigned int whole = 0;
	int said = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY), status;
	pid_t other;

	dup2(nowhere, STDERR_FILENO);
	fflush(stdout);
	other = fork();
	if (other == 0)
		_exit(put_whole_ones(&whole) ? 0 : 1);
	CU_ASSERT_TRUE(put_whole_ones(&whole));
	CU_ASSERT_EQUAL(waitpid(other, &status, 0), other);
	CU_ASSERT_EQUAL(status, 0);
	dup2(said, STDERR_FILENO);
	close(said);
	close(nowhere);
	CU_ASSERT(whole > 0);
	check_file("both", "whole");
}

static void
test_links(void)
{
	struct part p;

	write_file("victim", "mine");
	CU_ASSERT_EQUAL(symlink("victim", "link.part"), 0);
	CU_ASSERT_FALSE(part_open(&p, "link", false));
	CU_ASSERT_FALSE(part_leave(&p));
	CU_ASSERT_EQUAL(mkfifo("pipe.part", 0600), 0);
	CU_ASSERT_FALSE(part_open(&p, "pipe", false));
	CU_ASSERT_FALSE(part_leave(&p));
	check_file("victim", "mine");
	CU_ASSERT_EQUAL(access("pipe.part", F_OK), 0);
}

/* A path that has no room for the part's ending is not taken for the part. */
static void
test_long_path(void)
{
	static const char name[] = "kept.";
	char path[PATH_MAX];
	struct part p;

	for (size_t cut = 1; cut <= 6; cut++) {
		size_t len = sizeof(path) - cut, at = 0;

		while (at + 2 + sizeof(name) <= len)
			path[at++] = '.', path[at++] = '/';
		memset(path + at, 'x', len - at);
		memcpy(path + at, name, sizeof(name) - 1);
		path[len] = '\0';
		write_file(path, "mine");
		if (part_open(&p, path, false))
			CU_ASSERT_TRUE(part_write(&p, "part", 4));
		part_leave(&p);
		check_file(path, "mine");
	}
}

static void
remove_all(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	if (chdir("/") != 0 || system(command) != 0)
		printf("# %s stays\n", folder);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a whole file", test_whole },
		{ "what is not whole", test_left },
		{ "two of a name at once", test_two_at_once },
		{ "links and pipes in the place of a part", test_links },
		{ "paths that are too long", test_long_path },
	};
	int rc;

	if (mkdtemp(folder) == NULL || chdir(folder) != 0)
		return 1;
	rc = harness_run("fetch/part", cases, HARNESS_COUNT(cases));
	remove_all();
	return rc;
}
