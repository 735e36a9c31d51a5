/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The server without its program: a listener and its connections on a stack that somebody else
 * polls. It has no clock, prints nothing, and can be run inside another program.
 */
#ifndef FILESERVER_SERVER_H
#define FILESERVER_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/types.h>

#include <recordtls/recordtls.h>

enum {
	SERVER_CACHE_FILES = 512,
	SERVER_CACHE_BYTES = 64 << 20,
};

struct server_conf {
	struct rtls_stack *stack;
	SSL_CTX *ctx;
	int root_fd;            /* of path_root() */
	struct rtls_addr local; /* with the port */
	uint32_t conns;         /* at once */
	uint64_t idle_us;       /* how long a connection may wait for a request */
	uint64_t key_update;    /* new keys for both directions after so many bytes; 0: none */
	uint32_t cache_files;   /* that stay open; 0: none */
	uint64_t cache_bytes;   /* of these, in memory */
	bool software;          /* never the NIC */
	uint32_t audit;         /* RTLS_OPT_AUDIT_RATE */
	int upload_fd;          /* of path_root(), for what clients send; -1: nothing is taken */
	uint64_t upload_max;    /* bytes of one file */
};

/* What it counts. */
struct server_tally {
	uint64_t connections; /* accepted */
	uint64_t refused;     /* aborted, because all conns were in use */
	uint64_t failed;      /* ended by an error or a time-out */
	uint64_t requests;
	uint64_t stored; /* files that clients sent */
	uint32_t open;
};

struct server;

/* Borrows what conf names, until server_close(). 0, or -errno: -ENOMEM, or as of rtls_listen(). */
int server_open(const struct server_conf *conf, struct server **out);

/* Behind each rtls_stack_poll(), with its time. True: there was something to do. */
bool server_turn(struct server *s, uint64_t now_us);

struct server_tally server_tally(const struct server *s);

/* At the end: resets all connections; and, as often as the stack is polled, those that still came. */
void server_abort(struct server *s);
void server_refuse(struct server *s);

/* Closes the listener. Behind server_abort(). */
void server_close(struct server *s);

#endif
