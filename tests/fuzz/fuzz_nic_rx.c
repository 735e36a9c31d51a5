/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The TLS NIC's receive side: the sealed stream in any segments, with losses, repetitions,
 * foreign bytes, wrong sequence numbers and broken headers, while contexts come and go. What must
 * come out of it is in nic_watch.h.
 *
 * Input: operations.
 */
#include <string.h>

#include <rte_security.h>

#include <recordtls/tlsnic.h>

#include "fuzz/finding.h"
#include "fuzz/fuzz.h"
#include "fuzz/nic_watch.h"
#include "support/eal.h"

enum {
	ISN = 0xffffe000, /* of stream offset 0: it wraps in there */
	HOST_PORT = 443,
	PEER_PORT = 5000,
	HELD_MAX = 16,
	OPS_MAX = 200,
	PAYLOAD_MAX = 1460,
};

/* What is unusual about a packet; a field for each follows. */
enum {
	ODD_OFF = 1 << 0,
	ODD_LEN = 1 << 1,
	ODD_BYTE = 1 << 2,
	ODD_FRAME = 1 << 3,
	ODD_CUT = 1 << 4,
	ODD_SEQ = 1 << 5, /* it is not the sequence of its bytes */
	ODD_FLAGS = 1 << 6,
	ODD_RAW = 1 << 7,
};

static struct {
	struct tap_port *tap;
	struct rtls_port *port;
	const struct sealed *sealed;
	void *session; /* NULL: no context */
	struct rtls_tls_handle ctx;
	unsigned int key; /* of the context */
	struct nic_watch watch;
	int64_t next; /* of the stream, to be sent next */
	struct rte_mbuf *held[HELD_MAX];
	uint32_t nb_held;
	struct tap_frame last; /* to be sent again */
} t;

static void
close_all(void)
{
	rtls_port_close(t.port);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const struct rtls_tlsnic_conf conf = { .size = sizeof(conf),
					       .max_contexts = 2,
					       .nb_mbufs = 30 };

	(void)argc;
	(void)argv;
	if (eal_start("fuzz-nic-rx") != 0)
		fuzz_finding("no EAL");
	t.tap = tap_port_create("nic-tap", 0);
	t.sealed = sealed_make();
	sealed_more(20, 2000); /* far more than a record may be long */
	if (rtls_tlsnic_open(&t.tap->port, &conf, &t.port) != 0)
		fuzz_finding("no NIC");
	t.watch.nic = (const struct tlsnic *)t.port;
	t.watch.isn = (uint32_t)ISN;
	t.watch.peer_port = PEER_PORT;
	t.watch.host_port = HOST_PORT;
	atexit(close_all);
	return 0;
}

/* --- contexts -------------------------------------------------------------------------- */

static void *
make_session(unsigned int key)
{
	struct rtls_keys k = sealed_keys(key);
	struct rte_crypto_sym_xform x = {
		.type = RTE_CRYPTO_SYM_XFORM_AEAD,
		.aead = { .op = RTE_CRYPTO_AEAD_OP_DECRYPT,
			  .algo = RTE_CRYPTO_AEAD_AES_GCM,
			  .key = { .data = k.key, .length = 16 },
			  .digest_length = 16,
			  .aad_length = 5 },
	};
	struct rte_security_session_conf conf = {
		.action_type = RTE_SECURITY_ACTION_TYPE_INLINE_CRYPTO,
		.protocol = RTE_SECURITY_PROTOCOL_TLS_RECORD,
		.tls_record = { .ver = RTE_SECURITY_VERSION_TLS_1_3,
				.type = RTE_SECURITY_TLS_SESS_TYPE_READ },
		.crypto_xform = &x,
	};

	memcpy(conf.tls_record.tls_1_3.imp_nonce, k.iv, sizeof(k.iv));
	return rte_security_session_create(t.port->tls.sec_ctx, &conf, t.port->tls.sessions);
}

static void
del(void)
{
	struct rtls_tls_event ev[4];

	if (t.session == NULL)
		return;
	t.port->tls.ops->del(t.port->tls.dev, t.ctx);
	if (t.port->tls.ops->poll_events(t.port->tls.dev, 0, ev, RTE_DIM(ev)) != 0)
		fuzz_finding("an event of a context that is gone");
	if (rte_security_session_destroy(t.port->tls.sec_ctx, t.session) != 0)
		fuzz_finding("a session that cannot be ended");
	t.session = NULL;
	t.watch.place = (struct nic_place){ 0 };
}

/* A context for a record and those behind it of the same key. */
static void
add(struct fuzz_in *in)
{
	const struct rtls_tls_flow flow = {
		.local = { .family = RTLS_IPV4, .port = HOST_PORT, .ip = { 10, 0, 0, 1 } },
		.remote = { .family = RTLS_IPV4, .port = PEER_PORT, .ip = { 10, 0, 0, 2 } },
		.dir = RTLS_RX,
	};
	const struct sealed_rec *r = &t.sealed->recs[fuzz_below(in, t.sealed->nb_recs)];
	uint32_t i;

	if (t.session != NULL)
		return;
	t.key = r->key;
	t.session = make_session(r->key);
	if (t.session == NULL ||
	    t.port->tls.ops->add(t.port->tls.dev, t.session, &flow, 1, &t.ctx) != 0)
		fuzz_finding("no context, though there is room");
	t.watch.place = (struct nic_place){ .sealed = t.sealed, .pos = r->off };
	t.watch.generation = (uint16_t)t.ctx.generation;
	for (i = 0; i < t.sealed->nb_recs && t.sealed->recs[i].key <= r->key; i++)
		t.watch.place.limit = (int64_t)t.sealed->recs[i].off + t.sealed->recs[i].len;
	if (fuzz_u8(in) % 8 == 7) /* added, but not started */
		return;
	if (t.port->tls.ops->start(t.port->tls.dev, t.ctx, (uint32_t)ISN + r->off, r->rec_no) != 0)
		fuzz_finding("a context cannot be started");
	t.watch.place.started = true;
	t.watch.misled = t.watch.asked = false;
	if (fuzz_u8(in) % 4 != 3)
		t.next = r->off;
}

/* --- packets --------------------------------------------------------------------------- */

static void
deliver(const struct tap_frame *f, uint8_t cut, bool keep)
{
	struct rte_mbuf *m = NULL;

	nic_watch_before(&t.watch);
	if (!tap_port_inject(t.tap, f->bytes, f->len, cut) ||
	    t.port->rx_burst(t.port, 0, &m, 1) != 1)
		fuzz_finding("a packet is lost");
	nic_watch_packet(&t.watch, m, f);
	if (keep && t.nb_held < HELD_MAX)
		t.held[t.nb_held++] = m;
	else
		rte_pktmbuf_free(m);
}

static void
release_held(void)
{
	while (t.nb_held > 0)
		rte_pktmbuf_free(t.held[--t.nb_held]);
}

/* What it has asked about, or any record; seldom with a number that is not so. */
static void
tell(struct fuzz_in *in)
{
	uint32_t rec = fuzz_below(in, t.sealed->nb_recs);
	bool lies = fuzz_u8(in) % 16 == 15;
	const struct sealed_rec *r;

	for (uint32_t i = 0; t.watch.asked && i < t.sealed->nb_recs; i++)
		if (t.watch.asked_seq == (uint32_t)ISN + t.sealed->recs[i].off)
			rec = i;
	r = &t.sealed->recs[rec];
	if (t.session == NULL || !t.watch.place.started || r->key != t.key)
		return;
	if (t.port->tls.ops->rx_resync(t.port->tls.dev, t.ctx, (uint32_t)ISN + r->off,
				       r->rec_no + lies) != 0)
		fuzz_finding("a place is refused");
	if (lies)
		t.watch.misled = t.watch.place.foreign = true;
	else
		nic_watch_resync(&t.watch, t.ctx.index, rec);
}

/* --- operations -------------------------------------------------------------------------- */

static uint32_t
read_len(struct fuzz_in *in)
{
	uint32_t c = fuzz_u8(in);

	return c < 160 ? c : (c - 160) * 15;
}

static void
packet(struct fuzz_in *in, bool keep)
{
	static const uint8_t flags[] = { WIRE_SYN | WIRE_ACK, WIRE_RST | WIRE_ACK, 0,
					 WIRE_FIN | WIRE_ACK, WIRE_PSH | WIRE_ACK };
	uint8_t odd = fuzz_u8(in), payload[PAYLOAD_MAX] = { 0 };
	int64_t off = (odd & ODD_OFF) != 0 ? t.next + (int16_t)fuzz_u16(in) : t.next;
	uint32_t len = (odd & ODD_LEN) != 0 ? read_len(in) : 200, at;
	struct wire_seg s = { .src_port = PEER_PORT,
			      .dst_port = HOST_PORT,
			      .wnd = 1000,
			      .payload = payload,
			      .flags = WIRE_ACK };
	struct tap_frame *f = &t.last;

	off = RTE_MAX(0, RTE_MIN(off, (int64_t)t.sealed->len));
	len = (uint32_t)RTE_MIN((int64_t)len, t.sealed->len - off);
	memcpy(payload, t.sealed->wire + off, len);
	s.payload_len = len;
	if ((odd & ODD_BYTE) != 0 && len > 0) {
		at = fuzz_u16(in) % len;
		payload[at] ^= fuzz_u8(in);
	}
	s.seq = (uint32_t)ISN + (uint32_t)off;
	if (odd & ODD_SEQ)
		s.seq += (uint32_t)(int8_t)fuzz_u8(in);
	if (odd & ODD_FLAGS)
		s.flags = flags[fuzz_u8(in) % sizeof(flags)];
	f->len = wire_write(&s, NULL, 0, (odd & ODD_FRAME) != 0 ? fuzz_u8(in) : 0, f->bytes);
	if (odd & ODD_RAW) {
		at = fuzz_u8(in) % RTE_MIN(f->len, 80u);
		f->bytes[at] ^= fuzz_u8(in);
	}
	deliver(f, (odd & ODD_CUT) != 0 ? fuzz_u8(in) : 0, keep);
	if ((odd & ODD_OFF) == 0)
		t.next = off + len;
}

static void
operation(struct fuzz_in *in)
{
	uint8_t op = fuzz_u8(in) % 18;

	if (op < 9)
		packet(in, op == 8);
	else if (op == 9) /* lost */
		t.next = RTE_MIN(t.next + read_len(in) * (int64_t)(1 + fuzz_u8(in) % 16),
				 (int64_t)t.sealed->len);
	else if (op == 10 && t.last.len > 0)
		deliver(&t.last, fuzz_u8(in), false);
	else if (op == 11)
		release_held();
	else if (op == 12)
		del();
	else if (op == 13)
		add(in);
	else if (op == 14) /* back: sent again */
		t.next = RTE_MAX(t.next - (int64_t)read_len(in), 0);
	else if (op >= 16)
		tell(in);
	else
		t.tap->marks_sums = fuzz_u8(in) & 1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct tlsnic *nic = t.watch.nic;
	struct fuzz_in in = { data, size };

	t.next = 0;
	t.last.len = 0;
	t.tap->marks_sums = false;
	add(&in);
	for (uint32_t n = 0; in.left > 0 && n < OPS_MAX; n++)
		operation(&in);
	release_held();
	del();
	if (rte_mempool_in_use_count(t.tap->pool) != 0 ||
	    rte_mempool_in_use_count(nic->rx_pool) != 0 ||
	    nic->contexts.nb_free != nic->contexts.max)
		fuzz_finding("a buffer or a context is lost");
	return 0;
}
