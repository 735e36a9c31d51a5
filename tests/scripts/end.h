/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a script is played on: one end of a connection, whose peer is the script. It knows no other clock
 * than the times that it is given, which never go back.
 */
#ifndef RTLS_SCRIPTS_END_H
#define RTLS_SCRIPTS_END_H

#include <stdint.h>

#include "scripts/script.h"

enum {
	END_LOCAL_PORT = 443,
	END_REMOTE_PORT = 40000,
};

#define END_NEVER UINT64_MAX

/* It sends a segment: header and payload. */
typedef void (*end_sent_fn)(void *arg, const uint8_t *segment, uint32_t len, uint64_t now_us);

struct end_ops {
	const char *name;
	uint32_t on;      /* enum script_on */
	uint32_t late_us; /* so much may a timer be late */

	void *(*open)(const struct script_conf *conf, uint64_t now_us, end_sent_fn sent, void *arg);

	/* A segment arrives. */
	void (*input)(void *end, const uint8_t *segment, uint32_t len, uint64_t now_us);

	/* An ICMP message that quotes the segment with this sequence number. */
	void (*icmp)(void *end, enum script_icmp what, uint16_t mtu, uint32_t seq, uint64_t now_us);

	/*
	 * What a program calls; arg: bytes. >= 0 or -errno. What SCRIPT_READ gives is at bytes, which has
	 * room for arg.
	 */
	int64_t (*call)(void *end, enum script_call call, uint32_t arg, uint8_t *bytes,
			uint64_t now_us);

	/* When it has something to do; END_NEVER. */
	uint64_t (*deadline)(void *end);

	/* It does what there is to do. */
	void (*run)(void *end, uint64_t now_us);

	enum script_state (*state)(void *end);

	/* What the path delivers, bytes per second; 0: not known. */
	uint64_t (*rate)(void *end);

	/* Ends it. NULL, or what is wrong with what it left. */
	const char *(*close)(void *end, uint64_t now_us);
};

extern const struct end_ops end_pure;
extern const struct end_ops end_stack;

#endif
