/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* One connection: handshake, requests, answers, farewell. */
#ifndef FILESERVER_CONN_H
#define FILESERVER_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <openssl/types.h>

#include <recordtls/recordtls.h>

#include "body.h"
#include "due.h"
#include "http.h"

enum conn_state {
	CONN_HANDSHAKE,
	CONN_REQUEST,      /* waits for a whole request */
	CONN_HEAD,         /* sends the head of the answer */
	CONN_BODY,         /* sends the file */
	CONN_CLOSE_NOTIFY, /* says farewell: alert, then FIN */
	CONN_LINGER,       /* waits for the peer's */
	CONN_END,          /* to be given back */
};

/* What it waits for, each for a time of its own. */
enum conn_wait {
	CONN_WAIT_ROOM,     /* to send or to receive: not all of it has an event */
	CONN_WAIT_REQUEST,  /* conn_env has the time */
	CONN_WAIT_READER,   /* for a peer that takes nothing of what waits for it */
	CONN_WAIT_FAREWELL, /* for the peer's */
};

/* What all connections share. */
struct conn_env {
	struct rtls_stack *stack;
	struct file_cache *files;
	SSL_CTX *ctx;
	uint64_t idle_us;  /* how long a connection may wait for a request */
	uint64_t requests; /* answered, with whatever status */
	uint64_t failed;   /* connections that ended by an error */
};

struct conn {
	enum conn_state state;
	uint32_t watched;        /* events asked for */
	uint32_t wanted;         /* events that the state waits for */
	uint64_t deadline_us;    /* of the state */
	enum conn_wait patience; /* whose time that is */
	uint64_t linger_us;      /* CONN_LINGER ends then, whatever comes */
	uint64_t linger_len;     /* bytes that it read away */
	uint64_t snd_queued;     /* when last looked at: see note_progress() */
	struct rtls_sock *sock;
	SSL *ssl;
	struct conn_env *env;
	struct conn *next_free; /* while not in use */
	struct due_node due;    /* the server's */
	bool short_of_memory;   /* what it was about to do found none */
	TAILQ_ENTRY(conn) unfinished;
	bool is_unfinished; /* on the server's list: not through with its handshake */

	struct body body; /* of the answer */
	size_t head_off;
	size_t head_len;
	size_t in_off;
	size_t in_len;
	struct http_request request;
	char head[HTTP_ANSWER_MAX];
	char in[4096];
};

TAILQ_HEAD(conn_list, conn);

/* Takes the socket, in any case. False: it was aborted, c is unused. */
bool conn_open(struct conn *c, struct conn_env *env, struct rtls_sock *k, uint64_t now_us);

/* When it is to be stepped again though nothing happens. */
uint64_t conn_due(const struct conn *c, uint64_t now_us, enum conn_wait *wait);

/* Goes on as far as it goes. False: it is over, and everything was given back. */
bool conn_step(struct conn *c, uint64_t now_us);

/* Ends it at once, with a reset. */
void conn_abort(struct conn *c);

#endif
