/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The key log: libssl makes the lines, this appends them to a file. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <recordtls/openssl.h>

#include "file/limit.h"
#include "file/open.h"
#include "handshake/ctx_place.h"

struct keylog {
	int fd;
	atomic_bool torn;              /* the last line was written in part */
	SSL_CTX_keylog_cb_func before; /* the program's own, or NULL */
};

static void
keylog_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
	struct keylog *log = ptr;

	(void)parent, (void)ad, (void)idx, (void)argl, (void)argp;
	if (log == NULL)
		return;
	close(log->fd);
	OPENSSL_free(log);
}

static int
place(void)
{
	static atomic_int known = -1;

	return ctx_place(&known, keylog_free);
}

/* One call, so that lines of several threads and processes stay whole; no copy of it is made. */
static void
append(struct keylog *log, const char *line)
{
	size_t len = strlen(line);
	struct iovec parts[] = {
		{ .iov_base = (void *)"\n", .iov_len = 1 },
		{ .iov_base = (void *)line, .iov_len = len },
		{ .iov_base = (void *)"\n", .iov_len = 1 },
	};
	bool torn = atomic_exchange(&log->torn, false);
	ssize_t all = (ssize_t)len + (torn ? 2 : 1), n;
	struct file_limit limit;

	file_limit_begin(&limit);
	n = torn ? writev(log->fd, parts, 3) : writev(log->fd, parts + 1, 2);
	file_limit_end(&limit, n < 0 ? errno : 0);
	/* A disk that is full costs the line, not the connection. */
	if ((n > 0 && n < all) || (torn && n <= 0))
		atomic_store(&log->torn, true);
}

static void
on_line(const SSL *ssl, const char *line)
{
	struct keylog *log = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), place());

	if (log == NULL)
		return;
	append(log, line);
	if (log->before != NULL)
		log->before(ssl, line);
}

int
rtls_ssl_keylog(SSL_CTX *ctx, const char *path)
{
	struct keylog *log;
	int at, fd;

	if (ctx == NULL || path == NULL || path[0] == '\0')
		return -EINVAL;
	at = place();
	if (at < 0)
		return -ENOMEM;
	if (SSL_CTX_get_ex_data(ctx, at) != NULL)
		return -EALREADY;
	fd = file_open(path, O_APPEND);
	if (fd < 0)
		return fd;
	log = OPENSSL_zalloc(sizeof(*log));
	if (log == NULL || SSL_CTX_set_ex_data(ctx, at, log) != 1) {
		OPENSSL_free(log);
		close(fd);
		return -ENOMEM;
	}
	log->fd = fd;
	log->before = SSL_CTX_get_keylog_callback(ctx);
	SSL_CTX_set_keylog_callback(ctx, on_line);
	return 0;
}
