/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The simulator: two whole endpoints, each a stack with a program on it, joined
 * by a cable, in one thread and in virtual time. All that happens comes from
 * the configuration; the same one gives the same packets at the same times.
 *
 * End 0 connects, end 1 listens. Both send and receive at once, close in some
 * order, and everything must come back to where it was.
 */
#ifndef RTLS_SIM_SIM_H
#define RTLS_SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/app.h"
#include "sim/forger.h"
#include "sim/sealer.h"
#include "support/cable.h"

/* Which frames are dropped for certain, the first drop_count of them. */
enum sim_drop {
	SIM_DROP_NOTHING,
	SIM_DROP_SYN,
	SIM_DROP_SYN_ACK,
	SIM_DROP_THIRD_ACK,
	SIM_DROP_FIN_0, /* of end 0 */
	SIM_DROP_FIN_1,
	SIM_DROP_UPDATE_1, /* window updates of end 1, behind its stall */
};

/* How an end's records are sealed and opened. */
enum sim_nic {
	SIM_NIC_NONE,   /* its port has no inline TLS */
	SIM_NIC_UNUSED, /* it has, and the program does not want it */
	SIM_NIC_USED,
};

struct sim_end_conf {
	struct app_conf app;
	enum sim_nic nic;
	struct rtls_tlsnic_conf nic_conf;
	bool other_nic; /* the same on its second cable */
	bool rx_only;   /* its NIC seals nothing */
	bool false_headers; /* what it sends looks like headers; in front of it nothing, in between too */
	struct cable_path path; /* of what it sends */
	uint64_t plain_len;     /* bytes it sends in front of its keys */
	uint64_t rec_no;        /* its first record's number */
	uint32_t sndbuf;        /* 0: the library's */
	uint32_t rcvbuf;
	uint32_t nb_large; /* record buffers of each size; 0: enough */
};

/* The times of all turns while there is a connection. All 0: none yet. Its owner frees at. */
struct sim_turns {
	uint64_t *at;
	size_t nb;
	size_t cap;
};

/* Who looks at an end's ports before a stack uses them: the cable's, and the NIC over it. */
struct sim_watch {
	void (*port)(void *arg, int end, struct rtls_stack *stack, struct rtls_port *port,
		     bool is_nic);
	/* What is on the wire is known by it, until sim_play() returns. */
	void (*sealer)(void *arg, const struct sealer *sealer);
	void *arg;
};

struct sim_conf {
	uint64_t seed; /* keys, contents, secrets, the cable's luck */
	uint64_t start_us;
	uint32_t caps; /* PORT_CAP_* */
	uint32_t tso_max;
	uint32_t nb_mbufs; /* in each receiver's pool; 0: the cable's default */
	uint16_t mtu;
	uint16_t rx_seg_len;
	uint16_t lazy_free;
	uint16_t local_port; /* 0: the library's choice */
	unsigned int suite;  /* its number in suites[] */
	enum sim_drop drop;
	uint32_t drop_count;
	/* A second cable joins the ends, and so often the way of one of them, or both, is the other one. 0: one. */
	uint64_t move_us;
	/* What may go goes at once: when a paced segment goes hangs on how a stack's turns fall. */
	bool unpaced;
	bool forged; /* somebody is on the path */
	bool mortal; /* he may end the connection: what was read until then is right */
	struct forger_conf forger;
	/*
	 * NULL: the next turn is when something is due. A NIC has that more often, and who has a turn
	 * for it finds other things to do. Empty: filled in; else this play has its turns then.
	 */
	struct sim_turns *turns;
	const struct sim_watch *watch; /* NULL: nobody */
	struct sim_end_conf end[2];
};

/* Who did the crypto of an end: its stack's counters. */
struct sim_tls {
	uint64_t tx_bytes;     /* behind the keys, sent */
	uint64_t tx_nic_bytes; /* of these, sealed by the NIC */
	uint64_t tx_packets;   /* as the stack made them */
	uint64_t tx_fallback;  /* records sealed in software after all */
	uint64_t rx_records;
	uint64_t rx_nic_records;
	uint64_t rx_mixed_records;
	uint64_t shown;      /* headers, right or false, that its wire shows; of false_headers */
	uint64_t rx_asked;   /* packets on which its NIC asked for its place */
	uint64_t rx_taken;   /* what its NIC was told, and took */
	uint64_t rx_lost;    /* directions in software: the NIC has no memory of them */
	uint64_t tx_other;   /* of tx_fallback: they left by another port */
	uint64_t rx_other;   /* of rx_records: some came by another port */
	uint64_t moved;      /* directions whose context went to the other port */
	uint64_t dropped;    /* packets, as they would have been in clear */
	uint64_t tx_ooo;     /* packets that the NIC rebuilt its state for */
	uint64_t tx_no_sync; /* packets that the NIC dropped */
};

/* How a program's connection ended. */
struct sim_outcome {
	uint64_t received; /* bytes */
	bool gone;         /* under the program */
	uint8_t reason;    /* enum rtls_end_reason; gone */
};

/* How it went. */
struct sim_report {
	char error[400];         /* empty: all was right */
	uint8_t hash[32];        /* SHA-256 over all frames with end and time */
	uint8_t hash_sent[32];   /* the same without TCP windows and checksums */
	uint64_t connected_us;   /* since the start: end 0 was told so */
	uint64_t received_us[2]; /* since the start: end i received its last byte */
	uint64_t closed_us;      /* since the start: both programs were done */
	uint64_t refusals;       /* of send calls */
	uint64_t control_records;
	uint64_t records_ahead;    /* control records that were read past data */
	struct app_wishes crowded; /* those where the NIC's table is too small */
	uint64_t restarts;         /* of receiving contexts that were started too late */
	uint64_t switches;         /* of modes, asked for */
	struct app_wishes wishes[2][APP_WISH_KINDS]; /* of both ends, by enum rtls_dir */
	uint64_t faults[2][RTLS_MODE_REASON_MAX];    /* the same: how often the NIC was left */
	uint64_t updates;                            /* keys behind the first, of what was sent */
	struct sealer_stats wire[2];
	struct cable_stats cable[2];
	struct forger_stats forger;
	uint64_t told;  /* to NICs: that a record begins somewhere */
	uint64_t moves; /* of routes */
	struct sim_outcome outcome[2];
	uint32_t ended;           /* forged: programs whose connection ended under them */
	struct sim_tls tls[2];    /* of end i */
	uint64_t stall_frames[2]; /* that end i sent while the other's program did not read */
};

/* Plays one connection from start to end. Needs the EAL. */
void sim_play(const struct sim_conf *conf, struct sim_report *report);

#endif
