/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A session in a file, for the next connection to resume. It is good for the same host and port, verified
 * by the same authorities, and for the same certificate of ours: a server that is resumed with shows no
 * certificate, so that with any other it would not be verified.
 */
#ifndef FETCH_TICKET_H
#define FETCH_TICKET_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "options.h"

struct ticket {
	const char *path;     /* NULL: none are kept */
	SSL_SESSION *offered; /* of the file; NULL: none that can be resumed */
	SSL_SESSION *next;    /* the last that the server gave */
};

/* False: one sentence was printed. */
bool ticket_open(struct ticket *t, SSL_CTX *ctx, const struct options *o);

/* Offers it on a connection, which tells of new ones from here on. */
bool ticket_offer(struct ticket *t, SSL *ssl);

/* Keeps the next one, if there is one. False: one sentence was printed. */
bool ticket_keep(struct ticket *t);

void ticket_close(struct ticket *t);

#endif
