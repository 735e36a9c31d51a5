/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Keys installed and changed in both directions while data flows, over a network
 * that loses and reorders. A tap on the cable keeps every byte that was sent:
 * afterwards an opener of the tests' own reads both streams, key by key, and no
 * segment may have had bytes of two keys.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "sim/frame.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"
#include "unit/session/peer.h"

enum {
	EPOCHS = 6,
	STREAM_MAX = 4 << 20,
	SEGMENTS_MAX = 1 << 16,
	OPS = 400,
};

/* Over the ports of both ends; NULL: none. */
static const struct rtls_tlsnic_conf *nic;

static const uint8_t KEY_UPDATE[5] = { 24, 0, 0, 1, 0 };

struct segment {
	uint32_t from;
	uint32_t to;
};

/* One direction. */
struct way {
	struct peer keys[EPOCHS + 1];
	unsigned int tx_epoch;
	unsigned int rx_epoch;
	uint64_t sent; /* bytes of the pattern */
	uint64_t got;
	bool owes_keys; /* KeyUpdate is sent, the new key not installed */

	bool syn;
	uint32_t isn;
	uint8_t *bytes; /* of the stream, and which of them were sent */
	uint8_t *seen;
	uint32_t end;
	struct segment *segments;
	size_t nb_segments;
};

struct flow {
	struct pair pair;
	struct rtls_sock *socks[2];
	struct way ways[2];
	uint64_t rng;
	const char *error;
};

/* --- the wire ------------------------------------------------------------------ */

static void
on_frame(void *arg, int dir, const uint8_t *bytes, uint32_t len, uint64_t now_us)
{
	struct flow *f = arg;
	struct way *w = &f->ways[dir];
	const char *error;
	struct frame fr;
	uint32_t off;

	(void)now_us;
	error = frame_parse(bytes, len, &fr);
	if (error != NULL)
		f->error = error;
	if (error != NULL || !fr.is_tcp)
		return;
	if ((fr.flags & FRAME_SYN) != 0) {
		w->syn = true;
		w->isn = fr.seq;
	}
	if (fr.payload_len == 0 || !w->syn)
		return;
	off = fr.seq - w->isn - 1;
	if (off > STREAM_MAX - 65536 || w->nb_segments == SEGMENTS_MAX) {
		f->error = "more than there is room for";
		return;
	}
	for (uint32_t i = 0; i < fr.payload_len; i++) {
		if (w->seen[off + i] && w->bytes[off + i] != fr.payload[i])
			f->error = "a retransmission of other bytes";
		w->seen[off + i] = 1;
		w->bytes[off + i] = fr.payload[i];
	}
	if (off + fr.payload_len > w->end)
		w->end = off + fr.payload_len;
	w->segments[w->nb_segments++] = (struct segment){ off, off + fr.payload_len };
}

static void
check_fence(const struct way *w, uint32_t fence)
{
	unsigned int across = 0;

	for (size_t i = 0; i < w->nb_segments; i++)
		across += w->segments[i].from < fence && fence < w->segments[i].to;
	CU_ASSERT_EQUAL(across, 0);
}

/* Opens all that was sent, plain bytes first, and finds the key changes on the way. */
static void
check_wire(struct way *w, uint32_t plain_len)
{
	static uint8_t plain[PEER_WIRE_MAX];
	unsigned int epoch = 0;
	uint32_t at = plain_len, len = 0;
	uint64_t off = plain_len;
	uint8_t type = 0;
	int n;

	CU_ASSERT(pair_matches(w->bytes, 0, plain_len));
	check_fence(w, plain_len);
	while (at < w->end) {
		n = peer_open(&w->keys[epoch], w->bytes + at, w->end - at, &type, plain, &len);
		CU_ASSERT_FATAL(n > 0);
		at += (uint32_t)n;
		if (type == RTLS_TYPE_HANDSHAKE) {
			CU_ASSERT_EQUAL(len, sizeof(KEY_UPDATE));
			CU_ASSERT_EQUAL(memcmp(plain, KEY_UPDATE, sizeof(KEY_UPDATE)), 0);
			epoch++;
			check_fence(w, at);
			continue;
		}
		CU_ASSERT_EQUAL(type, RTLS_TYPE_DATA);
		CU_ASSERT(pair_matches(plain, off, len));
		off += len;
	}
	CU_ASSERT_EQUAL(epoch, EPOCHS);
	CU_ASSERT_EQUAL(off, w->sent);
}

/* --- both ends ------------------------------------------------------------------ */

static void
install(struct flow *f, int end, enum rtls_dir d)
{
	struct way *w = &f->ways[d == RTLS_TX ? end : 1 - end];
	unsigned int epoch = d == RTLS_TX ? ++w->tx_epoch : ++w->rx_epoch;
	struct rtls_keys keys = peer_keys(&w->keys[epoch]);
	struct rtls_tls_info info = { .size = sizeof(info) };

	CU_ASSERT_EQUAL_FATAL(rtls_set_keys(f->socks[end], d, &keys), 0);
	CU_ASSERT_EQUAL(rtls_tls_info(f->socks[end], d, &info), 0);
	CU_ASSERT_EQUAL(info.epoch, epoch + 1);
	CU_ASSERT_EQUAL(info.rec_no, w->keys[epoch].rec_no);
	CU_ASSERT_FALSE(info.paused);
}

static void
write_some(struct flow *f, int end)
{
	static uint8_t bytes[20000];
	struct iovec iov = { .iov_base = (void *)(uintptr_t)KEY_UPDATE,
			     .iov_len = sizeof(KEY_UPDATE) };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1, .type = RTLS_TYPE_HANDSHAKE };
	struct way *w = &f->ways[end];
	uint32_t len = 1 + harness_below(&f->rng, harness_below(&f->rng, 2) ? 200 : 12000);
	ssize_t n;

	if (w->owes_keys) {
		install(f, end, RTLS_TX);
		w->owes_keys = false;
	}
	pair_fill(bytes, w->sent, len);
	n = rtls_send(f->socks[end], bytes, len, harness_below(&f->rng, 2) ? RTLS_MSG_MORE : 0);
	CU_ASSERT_FATAL(n > 0 || n == -EAGAIN || n == -ENOMEM);
	w->sent += n > 0 ? (uint64_t)n : 0;
	if (w->tx_epoch == EPOCHS || harness_below(&f->rng, 20) != 0)
		return;
	n = rtls_sendmsg(f->socks[end], &m, 0);
	CU_ASSERT_FATAL(n == 5 || n == -EAGAIN || n == -ENOMEM);
	w->owes_keys = n == 5;
}

static bool
read_some(struct flow *f, int end)
{
	static uint8_t buf[30000];
	struct iovec iov = { .iov_base = buf, .iov_len = 1 + harness_below(&f->rng, sizeof(buf)) };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1 };
	struct way *w = &f->ways[1 - end];
	ssize_t n = rtls_recvmsg(f->socks[end], &m, 0);

	if (n == -EKEYEXPIRED) {
		install(f, end, RTLS_RX);
		return true;
	}
	if (n == -EAGAIN || n == -ENOMEM)
		return false;
	CU_ASSERT_FATAL(n > 0);
	if (m.type == RTLS_TYPE_HANDSHAKE)
		return true;
	CU_ASSERT_EQUAL(m.type, RTLS_TYPE_DATA);
	CU_ASSERT(pair_matches(buf, w->got, (size_t)n));
	w->got += (uint64_t)n;
	return true;
}

/* --- a run ----------------------------------------------------------------------- */

static void
begin(struct flow *f, const struct cable_path *path, uint32_t plain_len)
{
	const struct pair_conf conf = { .nic = { nic, nic },
					.stack = { { .sndbuf = 80000 }, { .sndbuf = 40000 } },
					.tap = on_frame,
					.arg = f };
	uint8_t plain[2000];
	struct rtls_keys keys;

	for (int i = 0; i < 2; i++) {
		struct way *w = &f->ways[i];

		for (unsigned int j = 0; j <= EPOCHS; j++)
			w->keys[j] = peer_key(i * 8 + j, j == 0 ? 3 : 0);
		w->bytes = calloc(1, STREAM_MAX);
		w->seen = calloc(1, STREAM_MAX);
		w->segments = calloc(SEGMENTS_MAX, sizeof(w->segments[0]));
		CU_ASSERT_FATAL(w->bytes != NULL && w->seen != NULL && w->segments != NULL);
	}
	pair_init(&f->pair, &conf);
	pair_connect(&f->pair, 0, f->socks);
	for (int i = 0; i < 2; i++)
		cable_set_path(f->pair.cable, i, &path[i]);
	/* Some bytes in front of the keys, in the same turn. */
	CU_ASSERT_FATAL(plain_len <= sizeof(plain));
	pair_fill(plain, 0, plain_len);
	for (int i = 0; i < 2; i++) {
		keys = peer_keys(&f->ways[i].keys[0]);
		CU_ASSERT_EQUAL(rtls_send(f->socks[i], plain, plain_len, 0), (ssize_t)plain_len);
		CU_ASSERT_EQUAL(rtls_set_keys(f->socks[i], RTLS_TX, &keys), 0);
		f->ways[i].sent = plain_len;
	}
	for (int i = 0; i < 2; i++) {
		pair_expect(&f->pair, f->socks[i], plain, plain_len);
		keys = peer_keys(&f->ways[1 - i].keys[0]);
		CU_ASSERT_EQUAL(rtls_set_keys(f->socks[i], RTLS_RX, &keys), 0);
		f->ways[1 - i].got = plain_len;
	}
}

static bool
all_sent(struct flow *f)
{
	bool done = true;

	for (int i = 0; i < 2; i++) {
		const struct way *w = &f->ways[i];

		done &= w->tx_epoch == EPOCHS && w->rx_epoch == EPOCHS && w->got == w->sent;
	}
	return done;
}

static void
play(uint64_t seed, const struct cable_path *path, uint32_t plain_len)
{
	static struct flow flow;
	struct flow *f = &flow;

	memset(f, 0, sizeof(*f));
	f->rng = seed;
	begin(f, path, plain_len);
	for (int op = 0; !all_sent(f); op++) {
		CU_ASSERT_FATAL(op < 200000);
		for (int i = 0; i < 2; i++) {
			if (op < OPS || f->ways[i].tx_epoch < EPOCHS)
				write_some(f, i);
			else
				rtls_send(f->socks[i], NULL, 0, 0);
			if (harness_below(&f->rng, 3) != 0)
				read_some(f, i);
		}
		if (!pair_turn(&f->pair))
			pair_pass(&f->pair, 2000);
	}
	pair_settle(&f->pair);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(pair_stat(&f->pair, i, "TlsTxRekeyOk"), EPOCHS);
		CU_ASSERT_EQUAL(pair_stat(&f->pair, i, "TlsRxRekeyOk"), EPOCHS);
		CU_ASSERT_EQUAL(pair_stat(&f->pair, i, "TxRecordsNic") > 0, nic != NULL);
		/* A receiving one may be out of step; neither that nor a key change costs it the NIC. */
		CU_ASSERT_EQUAL(pair_stat(&f->pair, i, "TlsCurrTxDevice"), nic != NULL);
		CU_ASSERT_EQUAL(pair_stat(&f->pair, i, "TlsCurrRxDevice"), nic != NULL);
		CU_ASSERT_EQUAL(pair_stat(&f->pair, i, "SoftwareLost"), 0);
		check_wire(&f->ways[i], plain_len);
	}
	CU_ASSERT_PTR_NULL(f->error);
	CU_ASSERT_EQUAL(rtls_close(f->socks[0]), 0);
	CU_ASSERT_EQUAL(rtls_close(f->socks[1]), 0);
	pair_fini(&f->pair);
	for (int i = 0; i < 2; i++) {
		free(f->ways[i].bytes);
		free(f->ways[i].seen);
		free(f->ways[i].segments);
	}
}

static void
play_seeds(const struct cable_path *path)
{
	static const uint32_t plain_lens[] = { 1, 100, 2000 };
	uint64_t rng = harness_seed();
	unsigned int failures;

	for (int i = 0; i < (harness_full() ? 50 : 3); i++) {
		failures = CU_get_number_of_failures();
		play(harness_rand(&rng), path, plain_lens[i % 3]);
		if (CU_get_number_of_failures() != failures)
			printf("# run %d failed\n", i);
	}
}

static void
test_perfect(void)
{
	play_seeds((const struct cable_path[2]){ { 0 }, { 0 } });
}

static void
test_rough(void)
{
	const struct cable_path path = { .loss_ppm = 20000,
					 .reorder_ppm = 20000,
					 .reorder_us = 500,
					 .delay_us = 200,
					 .spare_arp = true };

	play_seeds((const struct cable_path[2]){ path, path });
}

/* NICs have the first key. */
static void
test_nics(void)
{
	for (uint8_t method = RTLS_TLS_TX_REBUILD; method <= RTLS_TLS_TX_NEXT_RECORD; method++) {
		for (uint8_t rings = 0; rings < 2; rings++) {
			nic = &(struct rtls_tlsnic_conf){ .size = sizeof(*nic),
							  .tx_method = method,
							  .rings = rings };
			test_perfect();
			test_rough();
		}
	}
	nic = NULL;
}

/* --- what is refused -------------------------------------------------------------- */

static void
refuse(struct rtls_sock *k, enum rtls_dir d, struct rtls_keys keys, int error)
{
	struct rtls_tls_info before = { .size = sizeof(before) };
	struct rtls_tls_info after = { .size = sizeof(after) };

	CU_ASSERT_EQUAL(rtls_tls_info(k, d, &before), 0);
	CU_ASSERT_EQUAL(rtls_set_keys(k, d, &keys), error);
	CU_ASSERT_EQUAL(rtls_tls_info(k, d, &after), 0);
	CU_ASSERT_EQUAL(before.epoch, after.epoch);
	CU_ASSERT_EQUAL(before.rec_no, after.rec_no);
	CU_ASSERT_EQUAL(before.mode, after.mode);
}

static void
refuse_kinds(struct rtls_sock *k, const struct rtls_keys *good)
{
	static const struct {
		uint16_t version;
		uint16_t cipher;
		int rc;
	} rows[] = {
		/* The kernel's, and not carried here. */
		{ RTLS_TLS_1_3, 56, -ENOTSUP },
		{ RTLS_TLS_1_2, 58, -ENOTSUP },
		/* Nobody's. */
		{ RTLS_TLS_1_3, 57, -EINVAL },
		{ RTLS_TLS_1_2, 59, -EINVAL },
		{ 0x0302, RTLS_CIPHER_AES_GCM_128, -EINVAL },
		{ 0x0305, RTLS_CIPHER_AES_GCM_128, -EINVAL },
		{ 0, 0, -EINVAL },
		{ RTLS_TLS_1_3, 0, -EINVAL },
		{ RTLS_TLS_1_3, 50, -EINVAL },
		{ RTLS_TLS_1_3, 65535, -EINVAL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rtls_keys keys = *good;

		keys.version = rows[i].version;
		keys.cipher = rows[i].cipher;
		refuse(k, RTLS_TX, keys, rows[i].rc);
		refuse(k, RTLS_RX, keys, rows[i].rc);
	}
	CU_ASSERT_EQUAL(rtls_set_keys(k, (enum rtls_dir)2, good), -EINVAL);
	CU_ASSERT_EQUAL(rtls_set_keys(k, (enum rtls_dir) - 1, good), -EINVAL);
}

static void
test_refused(void)
{
	struct peer key[2] = { peer_key(1, 0), peer_key(2, 0) };
	struct rtls_keys keys[2] = { peer_keys(&key[0]), peer_keys(&key[1]) };
	struct rtls_tls_info info = { .size = sizeof(info) };
	struct rtls_sock *socks[2];
	struct pair p;
	char buf[100];

	pair_init(&p, NULL);
	pair_connect(&p, 0, socks);
	CU_ASSERT_EQUAL(rtls_tls_info(socks[0], (enum rtls_dir)2, &info), -EINVAL);
	for (int d = RTLS_TX; d <= RTLS_RX; d++) {
		CU_ASSERT_EQUAL(rtls_tls_info(socks[0], (enum rtls_dir)d, &info), 0);
		CU_ASSERT(info.version == 0 && info.cipher == 0 && info.epoch == 0);
		CU_ASSERT(info.mode == RTLS_MODE_NONE && info.rec_no == 0 && !info.paused);
		CU_ASSERT(info.suite == NULL && info.provider == NULL);
	}
	refuse_kinds(socks[0], &keys[0]);
	pair_set_keys(socks, 0, &keys[0]);
	CU_ASSERT_EQUAL(rtls_tls_info(socks[0], RTLS_TX, &info), 0);
	CU_ASSERT(info.version == RTLS_TLS_1_3 && info.cipher == RTLS_CIPHER_AES_GCM_128);
	CU_ASSERT(info.mode == RTLS_MODE_SOFTWARE && info.epoch == 1);
	CU_ASSERT_STRING_EQUAL(info.suite, "TLS_AES_128_GCM_SHA256");
	CU_ASSERT(info.provider != NULL && info.provider[0] != '\0');
	refuse_kinds(socks[0], &keys[0]);
	refuse_kinds(socks[1], &keys[0]);
	/* The old keys work after all of these. */
	pair_send(&p, socks[0], "0123456789", 10);
	CU_ASSERT_EQUAL(rtls_recv(socks[1], buf, 4, 0), 4);
	/* A record of the old key is still unread. */
	refuse(socks[1], RTLS_RX, keys[1], -EBUSY);
	pair_expect(&p, socks[1], "456789", 6);
	pair_set_keys(socks, 0, &keys[1]);
	pair_send(&p, socks[0], "new", 3);
	pair_expect(&p, socks[1], "new", 3);
	/* Behind the end of a direction. */
	CU_ASSERT_EQUAL(rtls_abort(socks[1]), 0);
	pair_settle(&p);
	refuse(socks[0], RTLS_TX, keys[0], -ENOTCONN);
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	pair_fini(&p);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a perfect network", test_perfect },
		{ "a rough network", test_rough },
		{ "the same with TLS NICs", test_nics },
		{ "keys that are refused", test_refused },
	};

	if (eal_start("test-rekey") != 0)
		return 1;
	return harness_run("eal/rekey", cases, HARNESS_COUNT(cases));
}
