/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A device written from the contract (support/open_port) at end 0 of a connection, and a man on the path
 * in front of it: what end 1 sends from some time on he holds back, and nothing comes but what he makes
 * of it.
 */
#ifndef RTLS_EAL_HELD_H
#define RTLS_EAL_HELD_H

#include <string.h>

#include <CUnit/CUnit.h>

#include "sim/frame.h"
#include "support/device_pair.h"
#include "support/forge.h"
#include "support/open_port.h"

enum { HELD_WIRE_MAX = 1024 };

static struct device_pair d;
static struct open_port o;

static struct {
	uint8_t genuine[FORGE_FRAME_MAX]; /* the newest data segment to end 0 */
	uint32_t ack;                     /* in it */
	uint32_t off;                     /* of the record that is held back, in the stream */
	uint32_t len;
	uint8_t wire[HELD_WIRE_MAX];
} held;

static inline enum cable_verdict
held_back(void *arg, int dir, uint8_t *bytes, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	struct frame f;

	(void)arg;
	(void)now_us;
	(void)delay_us;
	if (dir != 1 || frame_parse(bytes, len, &f) != NULL || !f.is_tcp || f.payload_len == 0)
		return CABLE_PASS;
	memcpy(held.genuine, bytes, len);
	held.ack = f.ack;
	return CABLE_DROP;
}

/* The connection, with keys in both directions, and the device in step; end with held_end(). */
static inline void
held_begin(uint16_t version, uint16_t cipher)
{
	device_pair_init(&d, NULL);
	d.dev.o.mute = true;
	d.version = version;
	d.cipher = cipher;
	open_port_open(&o, &d.dev);
	device_pair_connect(&d);
	device_pair_keys(&d, 0);
	device_pair_keys(&d, 1);
	device_pair_exchange(&d, 5000);
	pair_pass(&d.p, 1000000);
}

static inline void
held_end(void)
{
	d.filter = NULL;
	open_port_close(&o);
	device_pair_fini(&d);
}

/* End 1 sends a record of these bytes, and he has it. */
static inline void
held_record(const uint8_t *plain, uint32_t len)
{
	d.filter = held_back;
	held.off = d.wire[1].end;
	CU_ASSERT_EQUAL_FATAL(rtls_send(d.k[1], plain, len, 0), (ssize_t)len);
	for (int i = 0; i < 5; i++)
		pair_turn(&d.p);
	held.len = d.wire[1].end - held.off;
	CU_ASSERT_FATAL(held.len > len && held.len <= HELD_WIRE_MAX);
	memcpy(held.wire, d.wire[1].bytes + held.off, held.len);
}

/* Of a segment: TCP takes nothing of it; nobody does. */
enum { HELD_REFUSED = 1, HELD_BAD_SUM = 2 };

/* A segment of his, off behind the record's first byte. flags: what is wrong with it, or 0. */
static inline void
held_sends(uint32_t off, const void *bytes, uint32_t len, unsigned int flags)
{
	static uint8_t out[FORGE_FRAME_MAX];
	const struct forge f = {
		.seq = d.wire[1].isn + 1 + held.off + off,
		.ack = held.ack + ((flags & HELD_REFUSED) != 0 ? 0x10000000 : 0),
		.bad_sum = (flags & HELD_BAD_SUM) != 0,
		.flags = FRAME_ACK | FRAME_PSH,
		.payload = bytes,
		.len = len,
	};

	CU_ASSERT_EQUAL_FATAL(cable_inject(d.p.cable, 1, out, forge_frame(&f, held.genuine, out)),
			      0);
	for (int i = 0; i < 4; i++) {
		cable_set_time(d.p.cable, d.p.now_us += 10);
		rtls_stack_poll(d.p.stack[0], d.p.now_us);
	}
}

#endif
