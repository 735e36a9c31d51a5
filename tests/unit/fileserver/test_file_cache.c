/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fileserver/file_cache.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "fileserver/path.h"
#include "support/harness.h"

enum {
	SECOND = FILE_CACHE_LOOK_US,
	FILES = 4,
	BYTES = 10000,
};

static char top[32];
static int root;
static struct file_cache *cache;
static uint64_t now_us;
static unsigned int nb_released;

static void
release(void *handle)
{
	close(*(int *)handle);
	nb_released++;
}

static void
write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	CU_ASSERT_FATAL(f != NULL);
	CU_ASSERT_FATAL(fputs(text, f) >= 0);
	CU_ASSERT_EQUAL(fclose(f), 0);
}

/* The clock of a file system may stand for some milliseconds; it has moved behind this. */
static void
write_later(const char *name, const char *text)
{
	struct stat before, now;

	CU_ASSERT_EQUAL_FATAL(stat(name, &before), 0);
	do {
		write_file(name, text);
		CU_ASSERT_EQUAL_FATAL(stat(name, &now), 0);
	} while (now.st_ctim.tv_sec == before.st_ctim.tv_sec &&
		 now.st_ctim.tv_nsec == before.st_ctim.tv_nsec);
}

static void
write_long(const char *name, size_t len, char c)
{
	char *text = malloc(len + 1);

	CU_ASSERT_FATAL(text != NULL);
	memset(text, c, len);
	text[len] = '\0';
	if (access(name, F_OK) == 0)
		write_later(name, text);
	else
		write_file(name, text);
	free(text);
}

/* In the root of a tree of its own, the current folder. */
static void
begin(uint32_t max_files, uint64_t max_bytes)
{
	struct file_cache_conf conf = {
		.max_files = max_files,
		.max_bytes = max_bytes,
		.release = release,
	};

	strcpy(top, "/tmp/cache.XXXXXX");
	CU_ASSERT_FATAL(mkdtemp(top) != NULL);
	CU_ASSERT_FATAL(chdir(top) == 0);
	write_file("secret", "outside");
	CU_ASSERT_FATAL(mkdir("root", 0700) == 0);
	CU_ASSERT_FATAL(chdir("root") == 0);
	root = path_root(".");
	CU_ASSERT_FATAL(root >= 0);
	conf.root_fd = root;
	cache = file_cache_create(&conf);
	CU_ASSERT_FATAL(cache != NULL);
	now_us = 5 * SECOND;
	nb_released = 0;
}

static void
end(void)
{
	char command[64];

	file_cache_destroy(cache);
	close(root);
	snprintf(command, sizeof(command), "rm -rf %s", top);
	CU_ASSERT_EQUAL(chdir("/"), 0);
	CU_ASSERT_EQUAL(system(command), 0);
}

static struct shared_file *
get(const char *path)
{
	struct shared_file *f = NULL;

	CU_ASSERT_EQUAL_FATAL(file_cache_open(cache, path, now_us, &f), 200);
	return f;
}

static int
status_of(const char *path)
{
	struct shared_file *f;
	int status = file_cache_open(cache, path, now_us, &f);

	if (status == 200)
		file_cache_put(cache, f);
	return status;
}

/* From memory, or from its descriptor. */
static bool
holds(const struct shared_file *f, const char *text)
{
	char got[64];
	ssize_t n;

	if (f->size != strlen(text))
		return false;
	if (f->bytes != NULL)
		return memcmp(f->bytes, text, f->size) == 0;
	n = pread(f->fd, got, sizeof(got), 0);
	return n == (ssize_t)f->size && memcmp(got, text, f->size) == 0;
}

static bool
serves(const char *path, const char *text)
{
	struct shared_file *f = get(path);
	bool ok = holds(f, text);

	file_cache_put(cache, f);
	return ok;
}

static bool
is_in_memory(const char *path)
{
	struct shared_file *f = get(path);
	bool yes = f->bytes != NULL;

	file_cache_put(cache, f);
	return yes;
}

/* As often as it takes: a disk may have to be waited for. */
static void
bring_in(const char *path)
{
	CU_ASSERT_EQUAL(status_of(path), 200);
	now_us += SECOND;
	for (int i = 0; i < 100000 && !is_in_memory(path); i++)
		;
	CU_ASSERT_TRUE(is_in_memory(path));
}

/* Descriptors in use: the lowest that is free, as long as nothing else opens any. */
static int
lowest_fd(void)
{
	int fd = open("/dev/null", O_RDONLY);

	close(fd);
	return fd;
}

static void
test_memory(void)
{
	begin(FILES, BYTES);
	write_file("a", "first");
	write_file("empty", "");
	CU_ASSERT_FALSE(is_in_memory("a"));
	CU_ASSERT_FALSE(is_in_memory("a"));
	now_us += SECOND - 1;
	CU_ASSERT_FALSE(is_in_memory("a"));
	now_us += 1;
	bring_in("a");
	CU_ASSERT_TRUE(serves("a", "first"));
	CU_ASSERT_EQUAL(file_cache_bytes(cache), 5);
	/* Nothing to take. */
	CU_ASSERT_TRUE(serves("empty", ""));
	now_us += SECOND;
	CU_ASSERT_FALSE(is_in_memory("empty"));
	CU_ASSERT_EQUAL(file_cache_files(cache), 2);
	end();
}

/* Each in another way, of a file that is in memory and of one that is only open. */
static void
change(int how)
{
	struct stat st;

	switch (how) {
	case 0: /* written anew */
		write_file("a", "second");
		break;
	case 1: /* grown */
		CU_ASSERT_EQUAL(system("printf more >> a"), 0);
		break;
	case 2: /* truncated */
		CU_ASSERT_EQUAL(truncate("a", 2), 0);
		break;
	case 3: /* replaced */
		write_file("b", "second");
		CU_ASSERT_EQUAL(rename("b", "a"), 0);
		break;
	case 4: /* replaced by a link to another one inside */
		write_file("b", "second");
		CU_ASSERT_EQUAL(unlink("a"), 0);
		CU_ASSERT_EQUAL(symlink("b", "a"), 0);
		break;
	case 5: /* as long, and its time set back */
		CU_ASSERT_EQUAL(stat("a", &st), 0);
		write_later("a", "firsT");
		CU_ASSERT_EQUAL(utimensat(AT_FDCWD, "a",
					  (const struct timespec[2]){ st.st_atim, st.st_mtim }, 0),
				0);
		break;
	case 6:
		CU_ASSERT_EQUAL(unlink("a"), 0);
		break;
	case 7: /* a link that leaves */
		CU_ASSERT_EQUAL(unlink("a"), 0);
		CU_ASSERT_EQUAL(symlink("../secret", "a"), 0);
		break;
	case 8: /* a folder */
		CU_ASSERT_EQUAL(unlink("a"), 0);
		CU_ASSERT_EQUAL(mkdir("a", 0700), 0);
		break;
	case 9: /* a pipe */
		CU_ASSERT_EQUAL(unlink("a"), 0);
		CU_ASSERT_EQUAL(mkfifo("a", 0600), 0);
		break;
	}
}

static void
test_change(void)
{
	static const char *const texts[] = { "second", "firstmore", "fi", "second", "second",
					     "firsT",  NULL,        NULL, NULL,     NULL };

	/* In memory or not, and found out or told. */
	for (int how = 0; how < 4; how++)
		for (size_t i = 0; i < HARNESS_COUNT(texts); i++) {
			begin(FILES, BYTES);
			write_file("a", "first");
			if (how & 1)
				bring_in("a");
			CU_ASSERT_TRUE(serves("a", "first"));
			change((int)i);
			if (how & 2)
				file_cache_look(cache);
			else
				now_us += SECOND;
			if (texts[i] != NULL) {
				CU_ASSERT_TRUE(serves("a", texts[i]));
				CU_ASSERT_EQUAL(file_cache_files(cache), 1);
			} else {
				CU_ASSERT_EQUAL(status_of("a"), 404);
				CU_ASSERT_EQUAL(file_cache_files(cache), 0);
				CU_ASSERT_EQUAL(file_cache_bytes(cache), 0);
			}
			end();
		}
}

/* The same file by a way that leaves the root is none. */
static void
test_folder_swap(void)
{
	begin(FILES, BYTES);
	CU_ASSERT_EQUAL(mkdir("dir", 0700), 0);
	write_file("dir/a", "first");
	bring_in("dir/a");
	CU_ASSERT_EQUAL(rename("dir", "../away"), 0);
	CU_ASSERT_EQUAL(symlink("../away", "dir"), 0);
	now_us += SECOND;
	CU_ASSERT_EQUAL(status_of("dir/a"), 404);
	end();
}

/* What is not there is looked for each time. */
static void
test_refused(void)
{
	static const char *const none[] = { "a", "", "..", "../secret", "/etc/passwd", "dir" };

	begin(FILES, BYTES);
	CU_ASSERT_EQUAL(mkdir("dir", 0700), 0);
	for (size_t i = 0; i < HARNESS_COUNT(none); i++)
		CU_ASSERT_EQUAL(status_of(none[i]), 404);
	CU_ASSERT_EQUAL(file_cache_files(cache), 0);
	write_file("a", "first");
	CU_ASSERT_TRUE(serves("a", "first"));
	end();
}

/* Who is being served goes on with the bytes that it began with. */
static void
test_old_bytes(void)
{
	struct shared_file *open_before, *loaded_before;

	begin(FILES, BYTES);
	write_file("a", "first");
	open_before = get("a");
	CU_ASSERT_PTR_NULL(open_before->bytes);
	change(3);
	now_us += SECOND;
	CU_ASSERT_TRUE(serves("a", "second"));
	CU_ASSERT_TRUE(holds(open_before, "first"));
	bring_in("a");
	loaded_before = get("a");
	write_file("a", "third");
	now_us += SECOND;
	CU_ASSERT_TRUE(serves("a", "third"));
	CU_ASSERT_PTR_NOT_NULL(loaded_before->bytes);
	CU_ASSERT_TRUE(holds(loaded_before, "second"));
	CU_ASSERT_TRUE(holds(open_before, "first"));
	/* Its memory counts until it is given back. */
	CU_ASSERT_EQUAL(file_cache_bytes(cache), 6);
	file_cache_put(cache, loaded_before);
	CU_ASSERT_EQUAL(file_cache_bytes(cache), 0);
	file_cache_put(cache, open_before);
	end();
}

/* A change while it is taken in: neither the old bytes nor a mixture is kept. */
static void
test_change_while_loading(void)
{
	const size_t len = 3 << 20;
	struct shared_file *f;

	begin(FILES, 2 * len);
	write_long("a", len, 'x');
	CU_ASSERT_EQUAL(status_of("a"), 200);
	now_us += SECOND;
	f = get("a");
	CU_ASSERT_PTR_NULL(f->bytes);
	CU_ASSERT_EQUAL(file_cache_bytes(cache), len);
	write_long("a", len, 'y');
	for (int i = 0; i < 100000 && file_cache_bytes(cache) != 0; i++)
		CU_ASSERT_FALSE(is_in_memory("a"));
	CU_ASSERT_EQUAL(file_cache_bytes(cache), 0);
	file_cache_put(cache, f);
	/* The next look finds another file, the one behind it the same. */
	now_us += SECOND;
	CU_ASSERT_FALSE(is_in_memory("a"));
	bring_in("a");
	f = get("a");
	CU_ASSERT_EQUAL(f->bytes[0], 'y');
	CU_ASSERT_EQUAL(f->bytes[len - 1], 'y');
	file_cache_put(cache, f);
	end();
}

static void
test_bound_of_files(void)
{
	static const char *const names[] = { "a", "b", "c", "d", "e" };
	struct shared_file *held;
	int fd;

	begin(FILES, 0);
	for (size_t i = 0; i < HARNESS_COUNT(names); i++)
		write_file(names[i], names[i]);
	fd = lowest_fd();
	for (size_t i = 0; i < FILES; i++)
		CU_ASSERT_TRUE(serves(names[i], names[i]));
	CU_ASSERT_EQUAL(lowest_fd(), fd + FILES);
	/* "a" is the longest unused one; it stays for who has it. */
	held = get("a");
	CU_ASSERT_TRUE(serves("b", "b"));
	CU_ASSERT_TRUE(serves("c", "c"));
	CU_ASSERT_TRUE(serves("d", "d"));
	CU_ASSERT_TRUE(serves("e", "e"));
	CU_ASSERT_EQUAL(file_cache_files(cache), FILES);
	CU_ASSERT_TRUE(holds(held, "a"));
	CU_ASSERT_EQUAL(unlink("a"), 0);
	CU_ASSERT_EQUAL(status_of("a"), 404);
	CU_ASSERT_EQUAL(lowest_fd(), fd + FILES + 1);
	/* "b" is here still: nobody has looked. */
	CU_ASSERT_EQUAL(unlink("b"), 0);
	CU_ASSERT_TRUE(serves("b", "b"));
	file_cache_put(cache, held);
	end();
	CU_ASSERT_EQUAL(lowest_fd(), fd - 1);
}

static void
test_bound_of_bytes(void)
{
	struct shared_file *held;

	begin(FILES, BYTES);
	write_long("a", BYTES / 2, 'a');
	write_long("b", BYTES / 2, 'b');
	write_long("c", BYTES / 2, 'c');
	write_long("more", BYTES + 1, 'm');
	write_long("all", BYTES, 'l');
	bring_in("a");
	bring_in("b");
	CU_ASSERT_EQUAL(file_cache_bytes(cache), BYTES);
	/* Both are asked for: neither makes room. */
	for (int i = 0; i < 5; i++) {
		CU_ASSERT_TRUE(is_in_memory("a"));
		CU_ASSERT_TRUE(is_in_memory("b"));
		CU_ASSERT_FALSE(is_in_memory("c"));
		now_us += SECOND / 2;
	}
	/* "b" is not any more. */
	now_us += SECOND / 2;
	CU_ASSERT_TRUE(is_in_memory("a"));
	bring_in("c");
	CU_ASSERT_TRUE(is_in_memory("a"));
	CU_ASSERT_FALSE(is_in_memory("b"));
	CU_ASSERT_EQUAL(file_cache_bytes(cache), BYTES);
	/* Who is being sent holds its memory. */
	held = get("a");
	now_us += 2 * SECOND;
	CU_ASSERT_FALSE(is_in_memory("all"));
	now_us += SECOND;
	CU_ASSERT_FALSE(is_in_memory("all"));
	CU_ASSERT_EQUAL(held->bytes[BYTES / 2 - 1], 'a');
	file_cache_put(cache, held);
	now_us += SECOND;
	bring_in("all");
	CU_ASSERT_EQUAL(file_cache_bytes(cache), BYTES);
	for (int i = 0; i < 5; i++) {
		CU_ASSERT_FALSE(is_in_memory("more"));
		now_us += SECOND;
	}
	end();
}

static void
test_unused(void)
{
	begin(FILES, BYTES);
	write_file("a", "first");
	write_file("b", "second");
	bring_in("a");
	CU_ASSERT_TRUE(serves("b", "second"));
	now_us += FILE_CACHE_KEEP_US - 1;
	file_cache_sweep(cache, now_us);
	CU_ASSERT_EQUAL(file_cache_files(cache), 2);
	CU_ASSERT_TRUE(serves("b", "second"));
	now_us += 1;
	file_cache_sweep(cache, now_us);
	CU_ASSERT_EQUAL(file_cache_files(cache), 1);
	/* That of "b" alone, which was looked at again. */
	CU_ASSERT_EQUAL(file_cache_bytes(cache), strlen("second"));
	end();
}

/* A handle has the descriptor, and is released once. */
static void
test_handle(void)
{
	struct shared_file *f, *again;
	int fd;

	begin(FILES, BYTES);
	write_file("a", "first");
	f = get("a");
	fd = f->fd;
	f->handle = &fd;
	again = get("a");
	CU_ASSERT_PTR_EQUAL(again, f);
	CU_ASSERT_EQUAL(unlink("a"), 0);
	now_us += SECOND;
	CU_ASSERT_EQUAL(status_of("a"), 404);
	file_cache_put(cache, again);
	CU_ASSERT_EQUAL(nb_released, 0);
	CU_ASSERT_TRUE(holds(f, "first"));
	file_cache_put(cache, f);
	CU_ASSERT_EQUAL(nb_released, 1);
	end();
	CU_ASSERT_EQUAL(nb_released, 1);
}

/* Without a descriptor left the cache gives one back, unless all are in use. */
static void
test_no_descriptor(void)
{
	struct rlimit before, few;
	struct shared_file *a, *b;

	begin(FILES, BYTES);
	write_file("a", "a");
	write_file("b", "b");
	write_file("c", "c");
	a = get("a");
	CU_ASSERT_TRUE(serves("b", "b"));
	CU_ASSERT_EQUAL(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = (rlim_t)lowest_fd();
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &few), 0);
	CU_ASSERT_TRUE(serves("c", "c"));
	CU_ASSERT_EQUAL(file_cache_files(cache), 2);
	b = get("b");
	CU_ASSERT_EQUAL(status_of("c"), 503);
	/* Nor for a look; who is here is here when there is one again. */
	now_us += SECOND;
	CU_ASSERT_EQUAL(status_of("a"), 503);
	CU_ASSERT_EQUAL(file_cache_files(cache), 2);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0);
	CU_ASSERT_TRUE(serves("a", "a"));
	file_cache_put(cache, a);
	file_cache_put(cache, b);
	end();
}

static void
test_off(void)
{
	struct shared_file *f, *again;

	begin(0, BYTES);
	write_file("a", "first");
	f = get("a");
	again = get("a");
	CU_ASSERT_PTR_NOT_EQUAL(f, again);
	file_cache_put(cache, again);
	write_file("a", "second");
	CU_ASSERT_TRUE(serves("a", "second"));
	CU_ASSERT_EQUAL(file_cache_files(cache), 0);
	CU_ASSERT_EQUAL(status_of("b"), 404);
	file_cache_put(cache, f);
	end();
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "bytes come into memory after two looks", test_memory },
		{ "each change is seen after a second", test_change },
		{ "a folder that leaves the root takes its files along", test_folder_swap },
		{ "what is not served is not remembered", test_refused },
		{ "who is being served has the old bytes", test_old_bytes },
		{ "a change while bytes are taken in", test_change_while_loading },
		{ "no more files than there may be", test_bound_of_files },
		{ "no more bytes than there may be", test_bound_of_bytes },
		{ "who is not asked for goes", test_unused },
		{ "a handle has the descriptor", test_handle },
		{ "no descriptor is left", test_no_descriptor },
		{ "without a cache", test_off },
	};
	return harness_run("fileserver/file_cache", cases, HARNESS_COUNT(cases));
}
