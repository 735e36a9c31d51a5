/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What the example server takes from the network: requests as a client cuts them, and their
 * targets as paths below a folder. The same bytes in one piece and in many mean the same; no
 * request takes more than HTTP_HEAD_MAX bytes and what came with the last of them, or, with a body, what
 * frames that; and the file that a target opens, or the folder that a new one would be in, lies below the
 * root, where a realpath() of what was opened says it is.
 *
 * Input: how the bytes are cut, then what a client sends.
 */

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fileserver/http.h"
#include "fileserver/path.h"
#include "fuzz/fuzz.h"

enum { REQUESTS_MAX = 64 };

static char root[PATH_MAX];
static int root_fd = -1;

/* A root with a file, a folder, links that stay and links that leave; and what lies beside it. */
static void
make_file(const char *dir, const char *name)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%.2000s/%s", dir, name);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	FUZZ_CHECK(fd >= 0);
	close(fd);
}

static void
make_link(const char *to, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%.2000s/%s", root, name);
	FUZZ_CHECK(symlink(to, path) == 0);
}

static char top[] = "/tmp/fuzz-http-XXXXXX";

static void
remove_root(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf -- %s", top);
	if (system(command) != 0)
		fprintf(stderr, "%s stays\n", top);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char sub[PATH_MAX];

	(void)argc;
	(void)argv;
	FUZZ_CHECK(mkdtemp(top) != NULL);
	atexit(remove_root);
	make_file(top, "s"); /* the secret */
	snprintf(root, sizeof(root), "%s/r", top);
	snprintf(sub, sizeof(sub), "%.2000s/d", root);
	FUZZ_CHECK(mkdir(root, 0700) == 0 && mkdir(sub, 0700) == 0);
	make_file(root, "a");
	make_file(sub, "b");
	make_link("d/b", "i");     /* stays inside */
	make_link("../s", "o");    /* leaves */
	make_link("/", "u");       /* leaves by the root of the machine */
	make_link("d/../..", "v"); /* leaves by a folder */
	root_fd = path_root(root);
	FUZZ_CHECK(root_fd >= 0);
	return 0;
}

static void
check_is_below(int fd, bool root_too)
{
	char link[64], real[PATH_MAX];
	size_t root_len = strlen(root);
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, real, sizeof(real) - 1);
	FUZZ_CHECK(n > 0);
	real[n] = '\0';
	FUZZ_CHECK(strncmp(real, root, root_len) == 0 &&
		   (real[root_len] == '/' || (root_too && real[root_len] == '\0')));
}

static void
check_parent(const char *path)
{
	char name[NAME_MAX + 1];
	int fd, status = path_parent(root_fd, path, &fd, name);

	FUZZ_CHECK(status == 200 || status == 403 || status == 409 || status == 414 ||
		   status == 503);
	FUZZ_CHECK((status == 200) == (fd >= 0));
	if (status != 200)
		return;
	FUZZ_CHECK(name[0] != '\0' && strchr(name, '/') == NULL && strcmp(name, ".") != 0 &&
		   strcmp(name, "..") != 0);
	check_is_below(fd, true);
	close(fd);
}

static void
check_target(const char *target)
{
	char path[HTTP_TARGET_MAX + 1];
	struct stat st;
	int fd = -1, status;

	status = path_decode(target, path, sizeof(path));
	FUZZ_CHECK(status == 200 || status == 400);
	if (status != 200)
		return;
	FUZZ_CHECK(strlen(path) <= strlen(target) && path[0] != '/');
	check_parent(path);
	status = path_open(root_fd, path, &fd, &st);
	FUZZ_CHECK(status == 200 || status == 403 || status == 404 || status == 503);
	FUZZ_CHECK((status == 200) == (fd >= 0));
	if (status != 200)
		return;
	check_is_below(fd, false);
	close(fd);
}

static void
check_answer(const struct http_request *r)
{
	char out[HTTP_ANSWER_MAX];
	struct http_answer a = {
		.status = r->status,
		.head = r->head,
		.keep_alive = r->keep_alive,
		.length = 1,
		.type = http_type(r->target),
	};
	size_t n = http_write(out, &a);

	FUZZ_CHECK(n < sizeof(out) && strlen(out) == n && strstr(out, "\r\n\r\n") != NULL);
	FUZZ_CHECK(strstr(out, "Internal Server Error") == NULL);
}

/* What one request came to. */
struct outcome {
	int status;
	bool head;
	bool keep_alive;
	size_t taken;
	uint64_t body; /* bytes of it */
	bool put;
	char target[HTTP_TARGET_MAX + 1];
};

static int
take_body(void *user, const char *bytes, size_t len)
{
	*(uint64_t *)user += len;
	FUZZ_CHECK(len == 0 || bytes != NULL);
	return 0;
}

/* Feeds all bytes, in pieces of cut bytes (0: in one). Returns how many requests were complete. */
static uint32_t
serve(const char *bytes, size_t len, size_t cut, bool may_put, struct outcome *out)
{
	static struct http_request r;
	size_t off = 0, taken = 0;
	uint64_t body = 0;
	uint32_t n = 0;

	http_init(&r);
	r.may_put = may_put;
	while (off < len && n < REQUESTS_MAX) {
		size_t piece = cut != 0 && len - off > cut ? cut : len - off;
		/* Of exactly this size, for AddressSanitizer. */
		char *copy = malloc(piece);
		size_t got;

		FUZZ_CHECK(copy != NULL);
		memcpy(copy, bytes + off, piece);
		got = http_feed(&r, copy, piece);
		free(copy);
		FUZZ_CHECK(got <= piece && (r.status != 0 || got == piece));
		FUZZ_CHECK(r.target_len <= HTTP_TARGET_MAX && strlen(r.target) == r.target_len);
		FUZZ_CHECK(r.status != 0 || r.head_len <= HTTP_HEAD_MAX + 8 * r.body_off);
		FUZZ_CHECK(r.body_off == body && (r.body == NULL || r.put));
		off += got;
		taken += got;
		if (r.status == 100) {
			FUZZ_CHECK(may_put && r.put && r.body_len != 0);
			http_take(&r, take_body, &body);
		}
		if (r.status == 0)
			continue;
		FUZZ_CHECK(r.status != 200 || r.body_len == HTTP_UNKNOWN || r.body_len == body);
		out[n] = (struct outcome){ r.status, r.head, r.keep_alive, taken, body, r.put, "" };
		memcpy(out[n++].target, r.target, sizeof(r.target));
		check_answer(&r);
		taken = 0;
		body = 0;
		if (!r.keep_alive)
			break;
		http_next(&r);
	}
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct outcome whole[REQUESTS_MAX], cut[REQUESTS_MAX];
	struct fuzz_in in = { data, size };
	uint8_t how = fuzz_u8(&in);
	size_t piece = 1 + how % 32;
	uint32_t n = serve((const char *)in.p, in.left, 0, how >= 128, whole);
	uint32_t m = serve((const char *)in.p, in.left, piece, how >= 128, cut);

	FUZZ_CHECK(n == m);
	for (uint32_t i = 0; i < n; i++) {
		/* Of two reasons to refuse, how it is cut may say which shows first. */
		FUZZ_CHECK((whole[i].status == 200) == (cut[i].status == 200));
		FUZZ_CHECK(whole[i].keep_alive == cut[i].keep_alive);
		if (whole[i].status != 200)
			continue;
		FUZZ_CHECK(whole[i].head == cut[i].head && whole[i].taken == cut[i].taken);
		FUZZ_CHECK(whole[i].put == cut[i].put && whole[i].body == cut[i].body);
		FUZZ_CHECK(strcmp(whole[i].target, cut[i].target) == 0);
		check_target(whole[i].target);
	}
	return 0;
}
