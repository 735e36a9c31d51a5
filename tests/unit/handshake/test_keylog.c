/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The key log against the secrets that the far side's libssl tells by itself. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include <recordtls/openssl.h>

#include "support/harness.h"
#include "support/tls_bench.h"

enum { LINES_MAX = 64, LINE_MAX_LEN = 512 };

struct lines {
	char text[LINES_MAX][LINE_MAX_LEN];
	unsigned int nb;
};

static struct lines far_lines, near_lines, file_lines;
static char folder[] = "/tmp/recordtls-keylog-XXXXXX", path[64], other[64];

static void
add_line(struct lines *l, const char *line)
{
	CU_ASSERT_FATAL(l->nb < LINES_MAX && strlen(line) < LINE_MAX_LEN);
	strcpy(l->text[l->nb++], line);
}

static void
on_far(const SSL *ssl, const char *line)
{
	(void)ssl;
	add_line(&far_lines, line);
}

static void
on_near(const SSL *ssl, const char *line)
{
	(void)ssl;
	add_line(&near_lines, line);
}

static void
read_file(void)
{
	char line[LINE_MAX_LEN];
	FILE *f = fopen(path, "r");

	CU_ASSERT_FATAL(f != NULL);
	file_lines.nb = 0;
	while (fgets(line, sizeof(line), f) != NULL) {
		CU_ASSERT_EQUAL(line[strlen(line) - 1], '\n');
		line[strlen(line) - 1] = '\0';
		add_line(&file_lines, line);
	}
	fclose(f);
}

static bool
has_line(const struct lines *l, const char *line)
{
	for (unsigned int i = 0; i < l->nb; i++)
		if (strcmp(l->text[i], line) == 0)
			return true;
	return false;
}

static bool
same_lines(const struct lines *a, const struct lines *b)
{
	for (unsigned int i = 0; i < a->nb; i++)
		if (!has_line(b, a->text[i]))
			return false;
	return a->nb == b->nb;
}

/* LABEL, the client's random and a secret, of at least 32 bytes each. */
static bool
is_key_line(const char *line)
{
	size_t label = strcspn(line, " "), random, secret;

	if (label == 0 || strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") != label)
		return false;
	random = strspn(line + label + 1, "0123456789abcdef");
	if (random != 64 || line[label + 65] != ' ')
		return false;
	secret = strspn(line + label + 66, "0123456789abcdef");
	return secret >= 64 && line[label + 66 + secret] == '\0';
}

static unsigned int
open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned int n = 0;

	CU_ASSERT_FATAL(d != NULL);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static void
clean(void)
{
	unlink(path);
	unlink(other);
	far_lines.nb = near_lines.nb = file_lines.nb = 0;
}

static void
open_bench(struct tls_bench *b, bool near_is_client)
{
	tls_bench_open(b, &(struct tls_bench_conf){ .near_is_client = near_is_client, .seed = 1 });
	SSL_CTX_set_keylog_callback(b->far_ctx, on_far);
}

/* Both roles; two contexts, one file, and what stood in it before stays. */
static void
test_lines(void)
{
	unsigned int fds = open_fds();
	struct tls_bench b[2];
	struct stat st;

	clean();
	for (int i = 0; i < 2; i++) {
		open_bench(&b[i], i == 1);
		CU_ASSERT_EQUAL(rtls_ssl_keylog(b[i].near_ctx, path), 0);
	}
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_TRUE_FATAL(tls_bench_shake(&b[i]));
		CU_ASSERT_TRUE(tls_bench_send(&b[i], 1000, false));
	}
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
	read_file();
	/* Two secrets of each side, and the exporter's: RFC 8446 7.1. */
	CU_ASSERT_TRUE(far_lines.nb >= 10);
	CU_ASSERT_TRUE(same_lines(&file_lines, &far_lines));
	for (unsigned int i = 0; i < file_lines.nb; i++)
		CU_ASSERT_TRUE(is_key_line(file_lines.text[i]));
	for (int i = 0; i < 2; i++)
		tls_bench_close(&b[i]);
	CU_ASSERT_EQUAL(open_fds(), fds);
}

static void
test_old_file(void)
{
	struct tls_bench b;
	struct stat st;
	FILE *f;

	clean();
	f = fopen(path, "w");
	CU_ASSERT_FATAL(f != NULL);
	fputs("# of another program\n", f);
	fclose(f);
	CU_ASSERT_EQUAL(chmod(path, 0640), 0);
	open_bench(&b, false);
	CU_ASSERT_EQUAL(rtls_ssl_keylog(b.near_ctx, path), 0);
	CU_ASSERT_TRUE_FATAL(tls_bench_shake(&b));
	read_file();
	CU_ASSERT_EQUAL(file_lines.nb, far_lines.nb + 1);
	CU_ASSERT_STRING_EQUAL(file_lines.text[0], "# of another program");
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0640);
	tls_bench_close(&b);
}

static void
test_chain(void)
{
	struct tls_bench b;

	clean();
	open_bench(&b, false);
	SSL_CTX_set_keylog_callback(b.near_ctx, on_near);
	CU_ASSERT_EQUAL(rtls_ssl_keylog(b.near_ctx, path), 0);
	CU_ASSERT_EQUAL(rtls_ssl_keylog(b.near_ctx, other), -EALREADY);
	CU_ASSERT_EQUAL(access(other, F_OK), -1);
	CU_ASSERT_TRUE_FATAL(tls_bench_shake(&b));
	read_file();
	CU_ASSERT_TRUE(near_lines.nb >= 5);
	CU_ASSERT_TRUE(same_lines(&file_lines, &near_lines));
	tls_bench_close(&b);
}

static void
test_refused(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_method());
	unsigned int fds;

	clean();
	CU_ASSERT_FATAL(ctx != NULL);
	SSL_CTX_set_keylog_callback(ctx, on_near);
	fds = open_fds();
	CU_ASSERT_EQUAL(rtls_ssl_keylog(NULL, path), -EINVAL);
	CU_ASSERT_EQUAL(rtls_ssl_keylog(ctx, NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_ssl_keylog(ctx, ""), -EINVAL);
	CU_ASSERT_EQUAL(rtls_ssl_keylog(ctx, folder), -EISDIR);
	CU_ASSERT_EQUAL(rtls_ssl_keylog(ctx, "/nowhere/at/all"), -ENOENT);
	CU_ASSERT_EQUAL(symlink(path, other), 0);
	CU_ASSERT_EQUAL(rtls_ssl_keylog(ctx, other), -ELOOP);
	CU_ASSERT_EQUAL(access(path, F_OK), -1);
	CU_ASSERT_EQUAL(mkfifo(path, 0600), 0);
	CU_ASSERT_EQUAL(rtls_ssl_keylog(ctx, path), -ENXIO); /* nobody reads it */
	{
		int reader = open(path, O_RDONLY | O_NONBLOCK);

		CU_ASSERT_EQUAL(rtls_ssl_keylog(ctx, path), -EINVAL);
		close(reader);
	}
	CU_ASSERT_PTR_EQUAL(SSL_CTX_get_keylog_callback(ctx), on_near);
	CU_ASSERT_EQUAL(open_fds(), fds);
	unlink(path);
	CU_ASSERT_EQUAL(rtls_ssl_keylog(ctx, path), 0);
	SSL_CTX_free(ctx);
	CU_ASSERT_EQUAL(open_fds(), fds);
}

static void
test_full_disk(void)
{
	struct tls_bench b;

	clean();
	open_bench(&b, false);
	SSL_CTX_set_keylog_callback(b.near_ctx, on_near);
	CU_ASSERT_EQUAL(rtls_ssl_keylog(b.near_ctx, "/dev/full"), 0);
	CU_ASSERT_TRUE_FATAL(tls_bench_shake(&b));
	CU_ASSERT_TRUE(tls_bench_send(&b, 5000, false));
	CU_ASSERT_TRUE(same_lines(&near_lines, &far_lines));
	tls_bench_close(&b);
}

static volatile sig_atomic_t nb_xfsz;

static void
on_xfsz(int sig)
{
	(void)sig;
	nb_xfsz++;
}

/*
 * The disk is full in the middle of a line, and then has room again. The limit for files is the
 * program's own matter: its signal, whose default is the program's end, does not come by us.
 */
static void
test_torn_line(void)
{
	struct rlimit before, few;
	struct tls_bench b[2];
	sigset_t mask;

	clean();
	CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &before), 0);
	few = before;
	few.rlim_cur = 40;
	nb_xfsz = 0;
	signal(SIGXFSZ, on_xfsz);
	/* One context, two connections. */
	open_bench(&b[0], false);
	CU_ASSERT_EQUAL(rtls_ssl_keylog(b[0].near_ctx, path), 0);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &few), 0);
	CU_ASSERT_TRUE(tls_bench_shake(&b[0]));
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &before), 0);
	CU_ASSERT_EQUAL(nb_xfsz, 0);
	CU_ASSERT_EQUAL(pthread_sigmask(SIG_BLOCK, NULL, &mask), 0);
	CU_ASSERT_EQUAL(sigismember(&mask, SIGXFSZ), 0);
	far_lines.nb = 0;
	open_bench(&b[1], false);
	SSL_set_SSL_CTX(b[1].near, b[0].near_ctx);
	CU_ASSERT_TRUE(tls_bench_shake(&b[1]));
	read_file();
	CU_ASSERT_EQUAL(file_lines.nb, far_lines.nb + 1);
	for (unsigned int i = 1; i < file_lines.nb; i++)
		CU_ASSERT_TRUE(has_line(&far_lines, file_lines.text[i]));
	tls_bench_close(&b[1]);
	tls_bench_close(&b[0]);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "two contexts append the secrets of both roles to one file", test_lines },
		{ "a file that is there keeps its lines and its mode", test_old_file },
		{ "the program's own callback is called too", test_chain },
		{ "what cannot be a key log changes nothing", test_refused },
		{ "a full disk costs lines, no connection", test_full_disk },
		{ "a line that was cut short spoils no other", test_torn_line },
	};
	int rc;

	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/keys", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	rc = harness_run("handshake/keylog", cases, HARNESS_COUNT(cases));
	clean();
	rmdir(folder);
	return rc;
}
