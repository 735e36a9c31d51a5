/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The program on one side of a simulated connection: sends a random stream in
 * random pieces, with control records in between, receives the other side's
 * with random buffers, and compares it with what the other side's send calls
 * accepted. Uses public calls only.
 */
#ifndef RTLS_SIM_APP_H
#define RTLS_SIM_APP_H

#include <stdbool.h>
#include <stdint.h>

#include <recordtls/recordtls.h>

#include "sim/journal.h"
#include "sim/sealer.h"

enum {
	APP_IO_MAX = 40000, /* bytes of one send or receive call */
	APP_AHEAD_MAX = 4,
};

struct app_conf {
	uint64_t seed;
	uint64_t bytes;       /* of data behind the keys */
	uint32_t chunk_max;   /* 1..APP_IO_MAX */
	uint32_t read_max;    /* 1..APP_IO_MAX */
	uint32_t max_payload; /* 0: the library's */
	uint32_t max_seg;     /* RTLS_OPT_MAX_SEG; 0: not set */
	uint32_t control_pct; /* of send calls */
	uint32_t more_pct;
	uint32_t pause_pct; /* of turns: thinks for up to pause_us */
	uint32_t pause_us;
	uint64_t stall_at; /* received bytes at which it stops reading; 0: never */
	uint64_t stall_us;
	uint64_t hold_at; /* sent bytes at which it stops writing; 0: never */
	uint64_t hold_us;
	uint32_t update_pct; /* of send calls: the next key; 0: the first one stays */
	uint32_t updates;    /* it sends on until it has made so many */
	uint32_t update_us;  /* the next receiving key comes up to so much late */
	uint32_t
		update_ahead; /* 1..APP_AHEAD_MAX keys, no more, have unacknowledged bytes; 0: any */
	uint32_t ahead_pct;   /* of receive calls: looks for a handshake record past the data */
	uint64_t keys_seed;   /* of the keys behind the first (keys.h) */
	uint32_t switch_pct; /* of calls: a direction goes to the NIC or to software; 0: it stays */
	uint32_t switches;   /* it sends on until it has asked so often */
	uint32_t faults; /* 1 << enum rtls_mode_reason: may end what a direction has of the NIC */
	uint64_t rtt_us; /* wishes for a mode are measured in these */
	uint32_t late_rtts; /* one that takes longer is wrong; 0: none is */
	uint64_t rest_us;   /* between its last byte and its end of sending */
	bool software;      /* does not want its port's inline TLS */
	bool patient;       /* wishes for no other mode, and no other key, while it waits for one */
	bool by_events;     /* acts on rtls_events() only, else tries every turn */
	bool close_notify;  /* ends with that alert */
	bool answers;       /* sends nothing before it received the peer's plain bytes */
	bool waits;         /* shuts down only after the peer did */
	bool closes;        /* closes without shutdown where it may */
	bool mortal;        /* its connection may end at any time; what it read must be right */
};

enum app_tx {
	APP_TX_PLAIN,
	APP_TX_KEYS,
	APP_TX_DATA,
	APP_TX_UPDATE, /* a KeyUpdate was taken, the next key comes */
	APP_TX_NOTIFY,
	APP_TX_END,
	APP_TX_DONE, /* shut down */
};

enum app_rx {
	APP_RX_PLAIN,
	APP_RX_KEYS,
	APP_RX_RECORDS,
	APP_RX_UPDATE, /* a KeyUpdate was received, the next key comes */
	APP_RX_EOF,
};

/* What a program wishes of a direction's mode. */
enum app_wish_kind {
	APP_WISH_NIC,
	APP_WISH_SOFTWARE,
	APP_WISH_KEY, /* a key update in NIC mode: the NIC again, with the next key */
	APP_WISH_KINDS,
};

/* How long wishes of one kind took until they were in force. */
struct app_wishes {
	uint64_t nb; /* that came in force, or took longer than 4 RTTs */
	uint64_t in_1_rtt;
	uint64_t in_4_rtt;
	uint64_t given_up; /* others: the next wish came, or a fault, or the end */
	uint64_t max_us;
};

/* One direction. */
struct app_mode {
	enum rtls_mode wish; /* NONE: no keys, or nothing is wished */
	enum app_wish_kind kind;
	bool open; /* it is not in force yet */
	bool lost; /* a fault has ended what the direction had of the NIC */
	uint64_t since_us;
	uint64_t ask_at_us; /* lost: asks again */
	uint8_t mode;       /* as it was seen last */
	uint8_t reason;
};

struct app {
	struct app_conf conf;
	struct rtls_sock *sock; /* NULL: closed, or not there yet */
	bool opened;            /* sock was there */
	int end;                /* of the cable */
	enum app_tx tx;
	enum app_rx rx;
	struct journal *sent;
	const struct journal *peer_sent;
	struct journal_cursor at; /* in peer_sent */
	const struct sealer *sealer;
	struct rtls_keys keys[2]; /* by enum rtls_dir */
	uint32_t epoch[2];        /* how many keys there were */
	uint64_t rng;
	uint64_t update_rng; /* what key updates draw: without them nothing else moves */
	uint64_t updated_off
		[APP_AHEAD_MAX]; /* stream offsets behind the newest KeyUpdates, in turn */
	uint64_t updated_us;     /* when it made the newest */
	unsigned int nb_updates;
	uint64_t now_us;
	uint64_t mode_rng;       /* what mode switches draw */
	struct app_mode mode[2]; /* by enum rtls_dir */
	struct app_wishes wishes[2][APP_WISH_KINDS];
	uint64_t switches;                        /* calls that asked for a mode */
	uint64_t restarts;                        /* receiving in the NIC, and not yet after all */
	uint64_t faults[2][RTLS_MODE_REASON_MAX]; /* how often the NIC was left so */
	uint64_t data_sent;
	uint64_t received;
	uint64_t records_sent;     /* control records */
	uint64_t records_ahead;    /* control records that were read past data */
	unsigned int control_past; /* control records since data was taken last */
	uint64_t write_at_us;      /* pauses until then */
	uint64_t read_at_us;
	uint64_t received_at_us; /* the newest byte */
	uint64_t refusals;       /* -EAGAIN, -ENOMEM and short counts of send calls */
	bool stalled;            /* the one long stop is behind it, or under way */
	bool held;               /* the same of writing */
	bool notified;           /* the peer's close_notify was received */
	bool gone;               /* mortal: the connection has ended */
	uint8_t end_reason;      /* enum rtls_end_reason; gone */
	uint8_t buf[APP_IO_MAX];
	char error[200]; /* what was wrong first */
};

/* sent and peer_sent are borrowed for the app's life. */
void app_init(struct app *a, const struct app_conf *conf, int end, struct journal *sent,
	      const struct journal *peer_sent, const struct sealer *sealer,
	      const struct rtls_keys *tx, const struct rtls_keys *rx);

/* A connection is there: takes it. */
void app_opened(struct app *a, struct rtls_sock *sock);

/* One turn; bits as rtls_events() reported them. True: it did something. */
bool app_step(struct app *a, uint32_t bits, uint64_t now_us);

/* When it wants its next turn by itself; UINT64_MAX: it waits for the network. */
uint64_t app_next_us(const struct app *a, uint64_t now_us);

/* Adds one's figures to another's. */
void app_wishes_add(struct app_wishes *to, const struct app_wishes *w);

/* How far it is, for a report. */
void app_describe(const struct app *a, char *out, size_t size);

/* Ends it, wherever it is. */
void app_abort(struct app *a);

/* Has it closed its socket? */
static inline bool
app_done(const struct app *a)
{
	return a->opened && a->sock == NULL;
}

#endif
