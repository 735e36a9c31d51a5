/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The TLS NIC's receive side: the sealed stream in any segments, with losses, repetitions,
 * foreign bytes, wrong sequence numbers and broken headers, while contexts come and go.
 *
 * A packet without a mark is, byte by byte, what came; a marked one has good checksums, belongs to
 * the context's connection, and as long as the device took nothing foreign its bytes are the
 * opened ones of the stream. What is the expected one is marked. No buffer is lost.
 *
 * Input: operations.
 */
#include <string.h>

#include <rte_security.h>

#include <recordtls/tlsnic.h>

#include "fuzz/finding.h"
#include "fuzz/fuzz.h"
#include "fuzz/nic_place.h"
#include "fuzz/tap_port.h"
#include "support/eal.h"
#include "tlsnic/nic.h"

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
	struct nic_place place;
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
	if (rtls_tlsnic_open(&t.tap->port, &conf, &t.port) != 0)
		fuzz_finding("no NIC");
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
	t.place = (struct nic_place){ 0 };
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
	t.session = make_session(r->key);
	if (t.session == NULL ||
	    t.port->tls.ops->add(t.port->tls.dev, t.session, &flow, 1, &t.ctx) != 0)
		fuzz_finding("no context, though there is room");
	t.place = (struct nic_place){ .sealed = t.sealed, .pos = r->off };
	for (i = 0; i < t.sealed->nb_recs && t.sealed->recs[i].key <= r->key; i++)
		t.place.limit = (int64_t)t.sealed->recs[i].off + t.sealed->recs[i].len;
	if (fuzz_u8(in) % 8 == 7) /* added, but not started */
		return;
	if (t.port->tls.ops->start(t.port->tls.dev, t.ctx, (uint32_t)ISN + r->off, r->rec_no) != 0)
		fuzz_finding("a context cannot be started");
	t.place.started = true;
	if (fuzz_u8(in) % 4 != 3)
		t.next = r->off;
}

/* --- what comes out of it --------------------------------------------------------------- */

/* Are these the stream's bytes at off, of records of the context's key? */
static bool
is_sealed(int64_t off, const struct wire_seg *s)
{
	return off >= 0 && off + s->payload_len <= t.place.limit &&
	       memcmp(t.sealed->wire + off, s->payload, s->payload_len) == 0;
}

static uint64_t
errors(void)
{
	return nic_counter_get(&((struct tlsnic *)t.port)->counters, NIC_CNT_RX_ERR);
}

static bool
no_buffer(void)
{
	return rte_mempool_avail_count(((struct tlsnic *)t.port)->rx_pool) == 0;
}

static void
check_opened(const struct rte_mbuf *m, const uint8_t *bytes, const struct tap_frame *f,
	     const struct wire_seg *s, int64_t off)
{
	uint32_t head = (uint32_t)(s->payload - f->bytes);

	if (m->ol_flags & RTE_MBUF_F_RX_SEC_OFFLOAD_FAILED)
		fuzz_finding("a packet both opened and not");
	if (m->pkt_len != head + s->payload_len || memcmp(bytes, f->bytes, head) != 0)
		fuzz_finding("an opened packet with other headers, or of another length");
	if (!t.place.foreign && memcmp(bytes + head, t.sealed->opened + off, s->payload_len) != 0)
		fuzz_finding("an opened packet whose bytes are not the stream's");
}

/* What the device made of the packet must be what its place says. */
static void
follow(bool marked, bool erred, const struct wire_seg *s, int64_t off, bool starved)
{
	bool sealed = is_sealed(off, s);
	int64_t to;
	enum nic_takes takes = nic_place_take(&t.place, off, s->payload_len, &to);

	if (t.place.foreign)
		return;
	if (marked && takes != NIC_TAKES_ALL)
		fuzz_finding("a packet is opened that is not the expected one");
	if (takes == NIC_TAKES_NOTHING || erred) {
		if (sealed && erred)
			fuzz_finding("bytes of the stream are not authentic");
		return;
	}
	if (sealed && takes == NIC_TAKES_ALL && !marked && !starved)
		fuzz_finding("the expected packet is not opened");
	if (!sealed)
		t.place.foreign = true;
	t.place.pos = to;
}

/* A device looks at no MAC: whom a frame is for was the port's question. */
static bool
read_frame(const struct tap_frame *f, struct wire_seg *s)
{
	static uint8_t bytes[WIRE_FRAME_MAX];
	bool good;

	memcpy(bytes, f->bytes, f->len);
	memset(bytes, 2, 12);
	good = wire_read(bytes, f->len, s);
	if (good)
		s->payload = f->bytes + (s->payload - bytes);
	return good;
}

static void
check(struct rte_mbuf *m, const struct tap_frame *f, uint64_t errors_before, bool starved)
{
	bool marked = (m->ol_flags & RTE_MBUF_F_RX_SEC_OFFLOAD) != 0;
	uint8_t room[WIRE_FRAME_MAX];
	const uint8_t *bytes = rte_pktmbuf_read(m, 0, m->pkt_len, room);
	struct wire_seg s;
	bool read = read_frame(f, &s);
	bool text = read && s.src_port == PEER_PORT && s.dst_port == HOST_PORT &&
		    (s.flags & (WIRE_ACK | WIRE_SYN | WIRE_RST)) == WIRE_ACK && s.payload_len > 0;
	int64_t off = read ? (int32_t)(s.seq - (uint32_t)ISN) : 0;

	if (!marked && (m->pkt_len != f->len || memcmp(bytes, f->bytes, f->len) != 0))
		fuzz_finding("a packet without a mark is not what came");
	if (marked && (!text || !t.place.started))
		fuzz_finding("a packet is opened that no context is for, or that is broken");
	if (!text)
		return;
	/* Behind it the place would be another one. */
	if (marked && !t.place.foreign && is_sealed(off, &s))
		check_opened(m, bytes, f, &s, off);
	follow(marked, errors() != errors_before, &s, off, starved);
}

static void
deliver(const struct tap_frame *f, uint8_t cut, bool keep)
{
	uint64_t errors_before = errors();
	bool starved = no_buffer();
	struct rte_mbuf *m = NULL;

	if (!tap_port_inject(t.tap, f->bytes, f->len, cut) ||
	    t.port->rx_burst(t.port, 0, &m, 1) != 1)
		fuzz_finding("a packet is lost");
	check(m, f, errors_before, starved);
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
	uint8_t op = fuzz_u8(in) % 16;

	if (op < 9)
		packet(in, op == 8);
	else if (op == 9) /* lost */
		t.next = RTE_MIN(t.next + read_len(in), (int64_t)t.sealed->len);
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
	else
		t.tap->marks_sums = fuzz_u8(in) & 1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct tlsnic *nic = (const struct tlsnic *)t.port;
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
