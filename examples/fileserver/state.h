/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What a connection is in the midst of, and how long it waits for what. */
#ifndef FILESERVER_STATE_H
#define FILESERVER_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include <openssl/types.h>

#include <recordtls/recordtls.h>

#include "body.h"
#include "due.h"
#include "http.h"
#include "upload.h"

enum conn_state {
	CONN_HANDSHAKE,
	CONN_REQUEST,      /* waits for a whole request */
	CONN_CONTINUE,     /* tells that the body may come */
	CONN_UPLOAD,       /* takes it */
	CONN_STORE,        /* waits until it is written */
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
	CONN_WAIT_WRITER,   /* for the next bytes of a file, or for the disk */
	CONN_WAIT_READER,   /* for a peer that takes nothing of what waits for it */
	CONN_WAIT_FAREWELL, /* for the peer's */
};

/* What all connections share. */
struct conn_env {
	struct rtls_stack *stack;
	struct file_cache *files;
	struct upload_set *uploads; /* NULL: none are taken */
	SSL_CTX *ctx;
	uint64_t idle_us;    /* how long a connection may wait for a request */
	uint64_t key_update; /* bytes of files between two; 0: none */
	uint64_t stored;     /* files that clients sent */
	uint64_t requests;   /* answered, with whatever status */
	uint64_t failed;     /* connections that ended by an error */
};

/* How a state goes on. */
enum turn {
	TURN_AGAIN, /* there is more to do at once, perhaps in another state */
	TURN_WAIT,  /* for an event */
	TURN_FAIL,  /* over; an alert that libssl has sent still gets out */
	TURN_ABORT, /* over, and the peer must see that it was cut short */
};

struct conn {
	enum conn_state state;
	uint32_t watched;        /* events asked for */
	uint32_t wanted;         /* events that the state waits for */
	uint64_t deadline_us;    /* of the state */
	enum conn_wait patience; /* whose time that is */
	uint64_t linger_us;      /* CONN_LINGER ends then, whatever comes */
	uint64_t linger_len;     /* bytes that it read away */
	uint64_t moved;          /* bytes of files since the last key update */
	uint64_t snd_queued;     /* when last looked at: see note_progress() */
	struct rtls_sock *sock;
	SSL *ssl;
	struct conn_env *env;
	struct conn *next_free; /* while not in use */
	struct due_node due;    /* the server's */
	bool short_of_memory;   /* what it was about to do found none */
	TAILQ_ENTRY(conn) unfinished;
	bool is_unfinished; /* on the server's list: not through with its handshake */

	struct upload *upload; /* NULL: none */
	uint64_t upload_us;    /* since when */
	struct body body;      /* of the answer */
	size_t head_off;
	size_t head_len;
	size_t in_off;
	size_t in_len;
	struct http_request request;
	char head[HTTP_ANSWER_MAX];
	char in[4096];
};

TAILQ_HEAD(conn_list, conn);

enum turn state_enter(struct conn *c, enum conn_state state, uint64_t now_us);

/* It waits for this from now on. */
void state_be_patient(struct conn *c, enum conn_wait wait, uint64_t now_us);

/*
 * A slow reader is not an idle one: while our bytes wait for the peer, the time counts from the last one
 * that was sent or that it took. Called on both sides of a step: a queue filled up to where it was before
 * does not look changed.
 */
void state_note_progress(struct conn *c, uint64_t now_us);

/* For events. */
enum turn state_wait(struct conn *c, uint32_t events);
enum turn state_wait_to_send(struct conn *c);

/* TURN_AGAIN: now. Nothing is sent past what libssl owes. */
enum turn state_may_send(struct conn *c);

/* What to do where a send took nothing, but an errno. */
enum turn state_after_refusal(struct conn *c, ssize_t rc);

/* More of what the client sends. TURN_AGAIN: *n bytes are at to; 0: it ends. */
enum turn state_receive(struct conn *c, char *to, size_t len, ssize_t *n);

#endif
