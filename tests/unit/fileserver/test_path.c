/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fileserver/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "support/harness.h"

static void
test_decode(void)
{
	static const struct {
		const char *target;
		int status;
		const char *path;
	} rows[] = {
		{ "/a", 200, "a" },
		{ "/", 200, "" },
		{ "//a//b", 200, "a//b" },
		{ "/a/b?c=/d", 200, "a/b" },
		{ "/a#b", 200, "a" },
		{ "/?a", 200, "" },
		{ "/a%20b", 200, "a b" },
		{ "/%41%2fb%2F", 200, "A/b/" },
		{ "/%2fetc/passwd", 200, "etc/passwd" },
		{ "/%2e%2E/a", 200, "../a" },
		{ "/a%3Fb", 200, "a?b" },
		/* Once. */
		{ "/%252e%252e/a", 200, "%2e%2e/a" },
		{ "/%25", 200, "%" },
		{ "https://host/a", 200, "a" },
		{ "http://user@host:1/a?b", 200, "a" },
		{ "HTTPS://host", 200, "" },
		{ "", 400, NULL },
		{ "a", 400, NULL },
		{ "*", 400, NULL },
		{ "?a", 400, NULL },
		{ "ftp://host/a", 400, NULL },
		{ "/%", 400, NULL },
		{ "/%4", 400, NULL },
		{ "/%4g", 400, NULL },
		{ "/%g4", 400, NULL },
		{ "/a%00b", 400, NULL },
		{ "/%00", 400, NULL },
	};
	char out[64];

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		CU_ASSERT_EQUAL(path_decode(rows[i].target, out, sizeof(out)), rows[i].status);
		if (rows[i].path != NULL)
			CU_ASSERT_STRING_EQUAL(out, rows[i].path);
	}
	CU_ASSERT_EQUAL(path_decode("/1234567", out, 8), 200);
	CU_ASSERT_EQUAL(path_decode("/12345678", out, 8), 400);
}

static char top[32];

static void
put_file(const char *name)
{
	FILE *f = fopen(name, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(name, f);
	fclose(f);
}

/* A root, and a file beside it that must never be seen. */
static void
make_tree(void)
{
	strcpy(top, "/tmp/recordtls-path-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(top));
	CU_ASSERT_EQUAL_FATAL(chdir(top), 0);
	CU_ASSERT_EQUAL_FATAL(mkdir("root", 0700), 0);
	CU_ASSERT_EQUAL_FATAL(mkdir("root/dir", 0700), 0);
	put_file("secret");
	put_file("root/file");
	put_file("root/dir/file");
	put_file("root/%2e%2e");
	CU_ASSERT_EQUAL_FATAL(mkfifo("root/fifo", 0600), 0);
	CU_ASSERT_EQUAL_FATAL(symlink("dir/file", "root/inside"), 0);
	CU_ASSERT_EQUAL_FATAL(symlink("../file", "root/dir/up"), 0);
	CU_ASSERT_EQUAL_FATAL(symlink("../secret", "root/outside"), 0);
	CU_ASSERT_EQUAL_FATAL(symlink("../..", "root/dir/away"), 0);
	CU_ASSERT_EQUAL_FATAL(symlink("/etc/passwd", "root/absolute"), 0);
	CU_ASSERT_EQUAL_FATAL(symlink("/proc/self/root", "root/magic"), 0);
	CU_ASSERT_EQUAL_FATAL(symlink("loop", "root/loop"), 0);
}

static void
remove_tree(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", top);
	CU_ASSERT_EQUAL(chdir("/"), 0);
	CU_ASSERT_EQUAL(system(command), 0);
}

static void
test_open(void)
{
	static const struct {
		const char *path;
		int status;
	} rows[] = {
		{ "file", 200 },
		{ "dir/file", 200 },
		{ "./file", 200 },
		{ "dir//file", 200 },
		{ "dir/../file", 200 },
		{ "inside", 200 },
		{ "dir/up", 200 },
		{ "%2e%2e", 200 },
		{ "", 404 },
		{ ".", 404 },
		{ "dir", 404 },
		{ "dir/", 404 },
		{ "dir/..", 404 },
		{ "file/", 404 },
		{ "file/x", 404 },
		{ "nothing", 404 },
		{ "fifo", 404 },
		{ "loop", 404 },
		{ "../secret", 404 },
		{ "dir/../../secret", 404 },
		{ "..", 404 },
		{ "../root/file", 404 },
		{ "outside", 404 },
		{ "dir/away/secret", 404 },
		{ "absolute", 404 },
		{ "magic/etc/passwd", 404 },
		{ "/etc/passwd", 404 },
		{ "/", 404 },
	};
	char got[64];
	struct stat st;
	int root, fd;

	make_tree();
	CU_ASSERT_EQUAL(path_root("nothing"), -ENOENT);
	CU_ASSERT_EQUAL(path_root("secret"), -ENOTDIR);
	root = path_root("root");
	CU_ASSERT_FATAL(root >= 0);
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		int status;
		ssize_t n;

		fd = -1;
		status = path_open(root, rows[i].path, &fd, &st);
		if (status != rows[i].status)
			printf("# row %zu: %s: %d\n", i, rows[i].path, status);
		CU_ASSERT_EQUAL(status, rows[i].status);
		CU_ASSERT_EQUAL((fd >= 0), (status == 200));
		if (fd < 0)
			continue;
		/* Every file holds its own name. */
		n = read(fd, got, sizeof(got) - 1);
		CU_ASSERT_FATAL(n > 0);
		got[n] = '\0';
		CU_ASSERT_EQUAL(strncmp(got, "root/", 5), 0);
		close(fd);
	}
	close(root);
	remove_tree();
}

static void
test_parent(void)
{
	static const struct {
		const char *path;
		int status;
		const char *folder; /* that has the name */
		const char *name;
	} rows[] = {
		{ "new", 200, "root", "new" },
		{ "file", 200, "root", "file" },
		{ "fifo", 200, "root", "fifo" }, /* what it is is not looked at */
		{ "outside", 200, "root", "outside" },
		{ "dir/new", 200, "root/dir", "new" },
		{ "dir//new", 200, "root/dir", "new" },
		{ "./new", 200, "root", "new" },
		{ "dir/../new", 200, "root", "new" },
		{ "...", 200, "root", "..." },
		{ "", 409, NULL, NULL },
		{ "dir/", 409, NULL, NULL },
		{ ".", 409, NULL, NULL },
		{ "..", 409, NULL, NULL },
		{ "dir/.", 409, NULL, NULL },
		{ "dir/..", 409, NULL, NULL },
		{ "nothing/new", 409, NULL, NULL },
		{ "file/new", 409, NULL, NULL },
		{ "fifo/new", 409, NULL, NULL },
		{ "inside/new", 409, NULL, NULL },
		{ "loop/new", 409, NULL, NULL },
		{ "../new", 409, NULL, NULL },
		{ "../root/new", 409, NULL, NULL },
		{ "dir/../../new", 409, NULL, NULL },
		{ "dir/away/new", 409, NULL, NULL },
		{ "magic/tmp/new", 409, NULL, NULL },
		{ "/tmp/new", 409, NULL, NULL },
		{ "/new", 409, NULL, NULL },
	};
	char name[NAME_MAX + 1], longest[NAME_MAX + 2];
	struct stat is, wanted;
	int root, fd;

	make_tree();
	root = path_root("root");
	CU_ASSERT_FATAL(root >= 0);
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		int status = path_parent(root, rows[i].path, &fd, name);

		if (status != rows[i].status)
			printf("# row %zu: %s: %d\n", i, rows[i].path, status);
		CU_ASSERT_EQUAL(status, rows[i].status);
		CU_ASSERT_EQUAL((fd >= 0), (status == 200));
		if (fd < 0)
			continue;
		CU_ASSERT_STRING_EQUAL(name, rows[i].name);
		CU_ASSERT_EQUAL(fstat(fd, &is), 0);
		CU_ASSERT_EQUAL(stat(rows[i].folder, &wanted), 0);
		CU_ASSERT_EQUAL(is.st_ino, wanted.st_ino);
		close(fd);
	}
	memset(longest, 'a', sizeof(longest));
	longest[NAME_MAX + 1] = '\0';
	CU_ASSERT_EQUAL(path_parent(root, longest, &fd, name), 414);
	longest[NAME_MAX] = '\0';
	CU_ASSERT_EQUAL(path_parent(root, longest, &fd, name), 200);
	close(fd);
	close(root);
	remove_tree();
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "targets become paths", test_decode },
		{ "nothing outside the root", test_open },
		{ "no folder outside the root", test_parent },
	};
	return harness_run("fileserver/path", cases, HARNESS_COUNT(cases));
}
