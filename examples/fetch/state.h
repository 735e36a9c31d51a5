/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What a transfer is in the midst of. */
#ifndef FETCH_STATE_H
#define FETCH_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/types.h>

#include <recordtls/recordtls.h>

#include "end.h"
#include "intake.h"
#include "options.h"
#include "part.h"
#include "request.h"
#include "source.h"
#include "ticket.h"

enum transfer_state {
	TRANSFER_HANDSHAKE, /* TCP's, too */
	TRANSFER_HEAD,      /* sends the request's head */
	TRANSFER_ASK,       /* waits for 100 (Continue) */
	TRANSFER_BODY,      /* sends the file */
	TRANSFER_ANSWER,
	TRANSFER_FAREWELL, /* alert and FIN, and waits for the server's */
	TRANSFER_END,      /* over; the socket is closed */
};

/* How a state goes on. */
enum transfer_turn {
	TURN_AGAIN, /* there is more to do at once, perhaps in another state */
	TURN_WAIT,  /* for an event, or for time; or it is over */
};

struct transfer {
	enum transfer_state state;
	enum fetch_end end;
	uint64_t since_us; /* when the state began */
	uint64_t alive_us; /* when something moved last */
	uint64_t again_us; /* no socket: when the next one is to be made */
	uint64_t snd_queued;
	const struct options *o; /* borrowed, as are the next three */
	struct rtls_stack *stack;
	SSL_CTX *ctx;
	struct ticket *ticket;
	struct rtls_sock *sock;
	SSL *ssl;
	uint64_t received; /* bytes of data, heads included */
	uint64_t rekey_at; /* received and sent, for the next key update */
	uint32_t key_updates;
	bool resumed;
	const char *version; /* of TLS; OpenSSL's words, as are the next two */
	const char *suite;
	const char *group; /* NULL: none is known */
	struct part part;
	struct source source;
	struct intake intake;
	size_t head_off;
	size_t head_len;
	char head[REQUEST_MAX];
	/* As it was at the end. */
	struct rtls_tls_info info[2]; /* by enum rtls_dir */
	struct rtls_sock_info tcp;
	struct rtls_sock_stats stats;
};

#endif
