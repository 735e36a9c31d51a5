/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What stands between one SSL and one socket: who has the keys of each
 * direction, bytes that found no room, and the record that libssl reads.
 */
#ifndef RTLS_HANDSHAKE_BRIDGE_H
#define RTLS_HANDSHAKE_BRIDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

#include "handshake/edge.h"
#include "handshake/outq.h"
#include "handshake/reason.h"
#include "handshake/shadow.h"

#include <recordtls/guard.h>

enum {
	BRIDGE_HEADER_LEN = 5,        /* RFC 8446 5.1 */
	BRIDGE_PLAINTEXT_MAX = 16384, /* RFC 8446 5.1 */
	BRIDGE_RECORD_MAX = BRIDGE_HEADER_LEN + BRIDGE_PLAINTEXT_MAX,
	/* Where the header of a record in hand stands, and how much memory it needs. */
	BRIDGE_RECORD_OFF = SHADOW_BEFORE - BRIDGE_HEADER_LEN,
	BRIDGE_RECORD_ROOM = SHADOW_BEFORE + BRIDGE_PLAINTEXT_MAX + SHADOW_BEHIND,
};

/* Control records in one call, so that a peer that sends nothing else has its turn, and no more. */
enum { BRIDGE_CONTROL_MAX = 32 };

enum {
	/* RFC 8446 4: HandshakeType key_update. */
	KEY_UPDATE_TYPE = 24,
	/* RFC 8446 4.6.3: type (1), length (3), request_update (1). */
	KEY_UPDATE_LEN = 5,
	KEY_UPDATE_REQUESTED = 1,
};

/* Who seals or opens the records of a direction. */
enum bridge_hand {
	BRIDGE_LIBSSL,  /* libssl, so far */
	BRIDGE_REFUSED, /* libssl for good: we could not take its keys */
	BRIDGE_WAITING, /* taken; the socket gets them when it has room */
	BRIDGE_TAKEN,   /* the socket */
};

struct bridge {
	SSL *ssl;                /* owns the BIO, which owns this */
	struct rtls_sock *sock;  /* borrowed */
	struct rtls_guard guard; /* for bytes of a direction that libssl has */
	bool connected;          /* the socket was seen to be */
	bool settled;            /* the handshake was done: who has a direction is known */

	enum bridge_hand tx;
	struct outq out;
	bool take_all;       /* a write in clear never waits, as in the handshake */
	bool unfinished;     /* libssl has sealed bytes that it will write again */
	size_t staged_len;   /* data write that libssl will repeat; 0: none */
	uint8_t record_type; /* announced for the next write; 0: none */
	uint8_t *own;        /* a record that libssl seals itself, in part; or NULL */
	size_t own_len;
	bool lost;       /* one such record is: nothing follows it */
	uint16_t tx_max; /* bytes of plaintext in a record; 0: as many as there may be */
	bool held;       /* libssl is to make such records until the handshake's are out */

	enum bridge_hand rx;
	struct rtls_keys rx_keys; /* while BRIDGE_WAITING */
	uint8_t *record;          /* BRIDGE_RECORD_ROOM bytes, or NULL */
	size_t record_off;
	size_t record_len;
	uint8_t read_type; /* of the record that was read last */
	uint8_t controls;  /* records that libssl has read since it met data, or stopped */
	bool met_control;  /* control records came, and no data since that is known of */
	bool eof;
	bool asked;      /* the peer asked for a key update, and libssl does not know */
	bool taking_in;  /* libssl gets control records only, where the socket opens records */
	uint16_t rx_max; /* as tx_max */

	/* By enum rtls_dir: once libssl has kept it. */
	char reason[2][REASON_MAX];

	/* By enum rtls_dir: libssl goes on with records of its own, and the socket has others. */
	struct shadow shadow[2];
	struct edge edge[2]; /* until it is settled who has a direction */

	uint16_t peer_limit;  /* RFC 8449: what the peer's record_size_limit says; 0: none came */
	uint8_t limit_ext[2]; /* what ours says, while libssl writes it */

	int io_errno;    /* positive; why the socket failed last */
	int failed;      /* rtls_ssl_service()'s last word; 0: none yet */
	char error[128]; /* what libssl said of it */
};

/* NULL: no memory. */
struct bridge *bridge_new(SSL *ssl, struct rtls_sock *sock);

/* Wipes and frees; NULL is fine. */
void bridge_free(struct bridge *br);

/* libssl offers keys (crypto_info as in handshake/keys.h). True: taken. */
bool bridge_offer(struct bridge *br, enum rtls_dir d, const void *crypto_info);

/*
 * The same keys as libssl has from here on, which it does not offer: the socket gets them, and libssl a
 * shadow. Where the socket refuses the first ones libssl goes on alone.
 */
void bridge_take_over(struct bridge *br, enum rtls_dir d, const struct rtls_keys *keys);

/* So many bytes of plaintext the peer takes in a record, and so many we; 0: as many as there may be. */
void bridge_limits(struct bridge *br, uint16_t tx_max, uint16_t rx_max);

/* For good: nothing moves any more, and rtls_ssl_status() says why. */
void bridge_fail(struct bridge *br, int rc, const char *why);

/* Sends what waits. 0: nothing is left; -EAGAIN; another errno: the socket's last word. */
int bridge_flush(struct bridge *br);

/* Gives the socket receiving keys that it had no memory for. Returns as bridge_flush(). */
int bridge_install_rx(struct bridge *br);

/*
 * Before a connection is there nothing is wrong with it: libssl's bytes, keys and questions wait.
 * False: it is not there yet.
 */
bool bridge_connected(struct bridge *br);

/* libssl is to offer its keys, whatever lengths the program has asked for: they are the bridge's. */
void bridge_lift(struct bridge *br);

/* Why libssl has a direction, or NULL: it has not. */
const char *bridge_reason(const struct bridge *br, enum rtls_dir d);

/* Once the handshake is done: tells the socket which directions libssl keeps. */
void bridge_settle(struct bridge *br);

/* Has libssl stopped to seal (open) records itself? */
static inline bool
bridge_active(enum bridge_hand hand)
{
	return hand == BRIDGE_WAITING || hand == BRIDGE_TAKEN;
}

#endif
