/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Whatever is refused, taken in part or put off for want of room or buffers:
 * the peer gets exactly what the send calls said they accepted. Random calls
 * from a seed, with little room; the file is read by a thread, so that a seed
 * replays the calls but not the moment at which a chunk is there.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "stack/state.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"
#include "unit/session/peer.h"

enum {
	OPS = 300,
	ITEMS_MAX = 4096,
	IOVS_MAX = 40,
	SEND_MAX = 40000,
	FILE_LEN = 200000,
	PLAIN_MAX = 16384,
	OTHERS_MAX = 256,
	ALERTS_MAX = 4, /* in a row (recordtls/io.h) */
};

/* Something that was accepted: bytes of the pattern, or a control record. */
struct item {
	uint64_t off; /* in the pattern; of a file also in the file */
	uint32_t len;
	uint8_t type;
};

struct flow {
	struct pair pair;
	struct rtls_sock *socks[2];
	struct rtls_file *file;
	uint64_t rng;
	unsigned int reads_of_16; /* how eager the reader is */
	struct item items[ITEMS_MAX];
	size_t nb_items;
	size_t at;            /* the item that is received next */
	uint32_t pos;         /* in it */
	unsigned int refused; /* -EAGAIN and -ENOMEM */
	unsigned int no_memory;
	struct rte_mbuf *others[OTHERS_MAX]; /* what other connections hold */
	unsigned int nb_others;
	unsigned int shorts;
};

static uint8_t scratch[SEND_MAX];

/* --- content ----------------------------------------------------------------- */

/* A handshake message is a whole one that means nothing to the record layer. */
static void
content(const struct item *it, uint32_t pos, uint8_t *out, uint32_t len)
{
	const uint8_t head[4] = { 4, (uint8_t)((it->len - 4) >> 16), (uint8_t)((it->len - 4) >> 8),
				  (uint8_t)(it->len - 4) };

	pair_fill(out, it->off + pos, len);
	for (uint32_t i = pos; it->type == RTLS_TYPE_HANDSHAKE && i < 4 && i < pos + len; i++)
		out[i - pos] = head[i];
}

static void
accepted(struct flow *f, uint8_t type, uint64_t off, ssize_t len)
{
	CU_ASSERT_FATAL(f->nb_items < ITEMS_MAX);
	f->items[f->nb_items++] = (struct item){ .off = off, .len = (uint32_t)len, .type = type };
}

/* Received bytes of one type: are they what comes next? */
static void
received(struct flow *f, uint8_t type, const uint8_t *bytes, uint32_t len, bool eor)
{
	static uint8_t expected[SEND_MAX];
	const struct item *it;
	uint32_t n;

	for (; len > 0; bytes += n, len -= n) {
		CU_ASSERT_FATAL(f->at < f->nb_items);
		it = &f->items[f->at];
		n = it->len - f->pos < len ? it->len - f->pos : len;
		content(it, f->pos, expected, n);
		CU_ASSERT_EQUAL_FATAL(type, it->type);
		CU_ASSERT_EQUAL_FATAL(memcmp(bytes, expected, n), 0);
		f->pos += n;
		if (type != RTLS_TYPE_DATA) {
			/* One record, and its end is told. */
			CU_ASSERT_EQUAL_FATAL(n, len);
			CU_ASSERT_EQUAL_FATAL(eor, f->pos == it->len);
		}
		if (f->pos == it->len) {
			f->at++;
			f->pos = 0;
		}
	}
}

/* --- the reader -------------------------------------------------------------- */

static void
cut(struct flow *f, struct iovec *iov, unsigned int n, uint8_t *bytes, size_t len)
{
	size_t off = 0, piece;

	for (unsigned int i = 0; i < n; i++) {
		piece = i + 1 == n ? len - off : harness_below(&f->rng, (uint32_t)(len - off) + 1);
		iov[i] = (struct iovec){ .iov_base = bytes + off, .iov_len = piece };
		off += piece;
	}
}

/* True: something came. */
static bool
read_some(struct flow *f)
{
	static uint8_t buf[SEND_MAX];
	struct iovec iov[IOVS_MAX];
	struct rtls_msg m = { .iov = iov, .iovlen = 1 + harness_below(&f->rng, 5) };
	uint32_t len = 1 + harness_below(&f->rng, harness_below(&f->rng, 2) ? 100 : SEND_MAX);
	bool data_only = harness_below(&f->rng, 4) == 0;
	ssize_t n;

	cut(f, iov, m.iovlen, buf, len);
	n = data_only ? rtls_recv(f->socks[1], buf, len, 0) : rtls_recvmsg(f->socks[1], &m, 0);
	if (n == -EAGAIN || n == -ENOMEM)
		return false;
	if (n == -EIO && data_only) {
		CU_ASSERT_FATAL(f->at < f->nb_items);
		CU_ASSERT_NOT_EQUAL(f->items[f->at].type, RTLS_TYPE_DATA);
		return false;
	}
	CU_ASSERT_FATAL(n > 0 && n <= len);
	received(f, data_only ? RTLS_TYPE_DATA : m.type, buf, (uint32_t)n,
		 (m.flags & RTLS_MSG_EOR) != 0);
	return true;
}

/* --- the writer -------------------------------------------------------------- */

static uint32_t
draw_len(struct flow *f)
{
	switch (harness_below(&f->rng, 5)) {
	case 0:
		return 1 + harness_below(&f->rng, 10);
	case 1:
		return 1 + harness_below(&f->rng, 300);
	case 2:
		return PLAIN_MAX - 1 + harness_below(&f->rng, 3);
	case 3:
		return 1 + harness_below(&f->rng, SEND_MAX);
	default:
		return 1 + harness_below(&f->rng, 3000);
	}
}

static void
count(struct flow *f, ssize_t n, size_t len)
{
	CU_ASSERT_FATAL(n == -EAGAIN || n == -ENOMEM || (n >= 0 && (size_t)n <= len));
	f->refused += n < 0;
	f->no_memory += n == -ENOMEM;
	f->shorts += n >= 0 && (size_t)n < len;
}

static ssize_t
write_data(struct flow *f, uint32_t len, int flags)
{
	uint64_t off = harness_below(&f->rng, 1 << 20);
	struct iovec iov[IOVS_MAX];
	struct rtls_msg m = { .iov = iov, .iovlen = 1 + harness_below(&f->rng, IOVS_MAX) };
	ssize_t n;

	pair_fill(scratch, off, len);
	cut(f, iov, m.iovlen, scratch, len);
	m.type = harness_below(&f->rng, 2) ? RTLS_TYPE_DATA : 0;
	n = harness_below(&f->rng, 2) ? rtls_send(f->socks[0], scratch, len, flags) :
					rtls_sendmsg(f->socks[0], &m, flags);
	/* What was borrowed may be written over. */
	memset(scratch, 0xdb, len);
	count(f, n, len);
	if (n > 0)
		accepted(f, RTLS_TYPE_DATA, off, n);
	return n;
}

/* A fifth alert without data in between ends the connection: that is another test's. */
static bool
takes_alert(const struct flow *f)
{
	unsigned int alerts = 0;

	for (size_t i = f->nb_items; i > 0 && f->items[i - 1].type != RTLS_TYPE_DATA; i--)
		alerts += f->items[i - 1].type == RTLS_TYPE_ALERT;
	return alerts < ALERTS_MAX;
}

static ssize_t
write_control(struct flow *f)
{
	bool large = harness_below(&f->rng, 8) == 0;
	struct item it = {
		.off = harness_below(&f->rng, 1 << 20),
		.len = large ? PLAIN_MAX : 4 + harness_below(&f->rng, 200),
		.type = harness_below(&f->rng, 2) && takes_alert(f) ? RTLS_TYPE_ALERT :
								      RTLS_TYPE_HANDSHAKE,
	};
	struct iovec iov[IOVS_MAX];
	struct rtls_msg m = { .iov = iov,
			      .iovlen = 1 + harness_below(&f->rng, 4),
			      .type = it.type };
	ssize_t n;

	content(&it, 0, scratch, it.len);
	cut(f, iov, m.iovlen, scratch, it.len);
	n = rtls_sendmsg(f->socks[0], &m, 0);
	memset(scratch, 0xdb, it.len);
	count(f, n, it.len);
	/* All or nothing. */
	CU_ASSERT_FATAL(n < 0 || n == it.len);
	if (n > 0)
		accepted(f, it.type, it.off, n);
	return n;
}

static ssize_t
write_file(struct flow *f, int flags)
{
	uint64_t off = harness_below(&f->rng, FILE_LEN);
	uint32_t len = draw_len(f), left = FILE_LEN - (uint32_t)off;
	ssize_t n = -EAGAIN;

	/* Some patience for the thread, then something else comes in between. */
	for (int i = 0; i < 20 && n == -EAGAIN; i++) {
		n = rtls_sendfile(f->socks[0], f->file, off, len, flags);
		pair_turn(&f->pair);
		nanosleep(&(struct timespec){ .tv_nsec = 20000 }, NULL);
	}
	count(f, n, len < left ? len : left);
	if (n > 0)
		accepted(f, RTLS_TYPE_DATA, off, n);
	return n;
}

static ssize_t
write_some(struct flow *f)
{
	int flags = harness_below(&f->rng, 3) == 0 ? RTLS_MSG_MORE : 0;
	uint32_t what = harness_below(&f->rng, 16);

	if (what == 0)
		return rtls_send(f->socks[0], NULL, 0, 0);
	if (what < 4)
		return write_control(f);
	if (what < 7)
		return write_file(f, flags);
	return write_data(f, draw_len(f), flags);
}

/* --- a run ------------------------------------------------------------------- */

/* Other connections take all record buffers that are left, or give them back. */
static void
others_take(struct flow *f)
{
	const struct buf_pools *pools = &f->pair.stack[0]->pools;
	struct rte_mbuf *m;

	while ((m = buf_data_alloc(pools, PLAIN_MAX)) != NULL) {
		CU_ASSERT_FATAL(f->nb_others < OTHERS_MAX);
		f->others[f->nb_others++] = m;
	}
}

static void
others_give(struct flow *f)
{
	while (f->nb_others > 0)
		rte_pktmbuf_free(f->others[--f->nb_others]);
}

/* Room comes back when the reader reads: WRITABLE is told, and it is true. */
static void
wait_writable(struct flow *f)
{
	ssize_t n;

	for (int tries = 0; (pair_bits(&f->pair, 0, f->socks[0]) & RTLS_WRITABLE) == 0; tries++) {
		CU_ASSERT_FATAL(tries < 100000);
		if (tries == 3)
			others_give(f);
		if (pair_turn(&f->pair))
			continue;
		if (read_some(f))
			continue;
		nanosleep(&(struct timespec){ .tv_nsec = 10000 }, NULL);
		pair_pass(&f->pair, 5000);
	}
	others_give(f);
	n = write_data(f, 1, 0);
	/* Buffers are shared, so they may be gone again; room is this socket's own. */
	CU_ASSERT(n == 1 || n == -ENOMEM);
}

/* All that was accepted arrives, with nothing behind it. */
static void
drain(struct flow *f)
{
	ssize_t n = -EAGAIN;

	others_give(f);
	for (int tries = 0; n < 0 || f->at < f->nb_items; tries++) {
		CU_ASSERT_FATAL(tries < 200000);
		if (n < 0)
			n = rtls_send(f->socks[0], NULL, 0, 0);
		if (!pair_turn(&f->pair) && !read_some(f))
			pair_pass(&f->pair, 5000);
	}
	pair_settle(&f->pair);
	CU_ASSERT_FALSE(read_some(f));
	CU_ASSERT_EQUAL(f->at, f->nb_items);
}

static struct rtls_file *
make_file(struct rtls_stack *s)
{
	static uint8_t bytes[FILE_LEN];
	struct rtls_file *out = NULL;
	FILE *tmp = tmpfile();

	CU_ASSERT_FATAL(tmp != NULL);
	pair_fill(bytes, 0, sizeof(bytes));
	CU_ASSERT_EQUAL_FATAL(fwrite(bytes, 1, sizeof(bytes), tmp), sizeof(bytes));
	CU_ASSERT_EQUAL_FATAL(fflush(tmp), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_file_open(s, dup(fileno(tmp)), NULL, &out), 0);
	fclose(tmp);
	return out;
}

struct shortage {
	uint32_t nb_small, nb_medium, nb_large, nb_packets; /* of the sender */
	uint32_t reader_large;
	uint32_t sndbuf;
	uint32_t rcvbuf;
	uint32_t max_payload;
	unsigned int reads_of_16;
	uint32_t loss_ppm;
	bool wants_no_memory;
};

static void
play(const struct shortage *s, uint64_t seed, struct flow *f)
{
	struct pair_conf conf = {
		.stack[0] = { .nb_small = s->nb_small,
			      .nb_medium = s->nb_medium,
			      .nb_large = s->nb_large,
			      .nb_packets = s->nb_packets,
			      .sndbuf = s->sndbuf },
		.stack[1] = { .nb_large = s->reader_large, .rcvbuf = s->rcvbuf },
	};
	const struct cable_path loss = { .loss_ppm = s->loss_ppm };
	struct peer key = peer_key(1, 0);
	struct rtls_keys keys = peer_keys(&key);
	ssize_t n;

	memset(f, 0, sizeof(*f));
	f->rng = seed;
	f->reads_of_16 = s->reads_of_16;
	pair_init(&f->pair, &conf);
	pair_connect(&f->pair, 0, f->socks);
	for (int i = 0; i < 2; i++)
		cable_set_path(f->pair.cable, i, &loss);
	pair_set_keys(f->socks, 0, &keys);
	f->file = make_file(f->pair.stack[0]);
	CU_ASSERT_EQUAL(rtls_sock_watch(f->socks[0], RTLS_WRITABLE, f), 0);
	if (s->max_payload != 0)
		CU_ASSERT_EQUAL(rtls_sock_set(f->socks[0], RTLS_OPT_MAX_PAYLOAD, s->max_payload),
				0);
	for (int op = 0; op < OPS; op++) {
		if (s->wants_no_memory && harness_below(&f->rng, 16) == 0)
			others_take(f);
		n = write_some(f);
		if (n < 0 && harness_below(&f->rng, 2) == 0)
			wait_writable(f);
		else if (n < 0 && harness_below(&f->rng, 4) == 0)
			drain(f);
		if (harness_below(&f->rng, 2) == 0)
			pair_turn(&f->pair);
		if (harness_below(&f->rng, 16) < f->reads_of_16)
			read_some(f);
	}
	drain(f);
	rtls_file_put(f->file);
	/* An open record is closed by the shutdown. */
	if (write_data(f, 100, RTLS_MSG_MORE) == 100) {
		CU_ASSERT_EQUAL(rtls_shutdown(f->socks[0], RTLS_SHUT_WR), 0);
		while (f->at < f->nb_items)
			if (!pair_turn(&f->pair) && !read_some(f))
				pair_pass(&f->pair, 5000);
	}
	CU_ASSERT_EQUAL(rtls_close(f->socks[0]), 0);
	CU_ASSERT_EQUAL(rtls_close(f->socks[1]), 0);
	pair_fini(&f->pair);
}

static void
play_seeds(const struct shortage *s)
{
	static struct flow f;
	uint64_t rng = harness_seed(), seed;
	unsigned int failures, refused = 0, no_memory = 0, shorts = 0;

	for (int i = 0; i < (harness_full() ? 50 : 4); i++) {
		failures = CU_get_number_of_failures();
		seed = harness_rand(&rng);
		play(s, seed, &f);
		refused += f.refused;
		no_memory += f.no_memory;
		shorts += f.shorts;
		if (CU_get_number_of_failures() != failures)
			printf("# run %d failed\n", i);
	}
	/* It was short of something indeed. */
	CU_ASSERT(refused > 0);
	CU_ASSERT(shorts > 0);
	CU_ASSERT(!s->wants_no_memory || no_memory > 0);
}

static void
test_small_sndbuf(void)
{
	play_seeds(&(struct shortage){ .sndbuf = 17408, .reads_of_16 = 16 });
}

static void
test_slow_reader(void)
{
	play_seeds(&(struct shortage){ .sndbuf = 60000, .rcvbuf = 40000, .reads_of_16 = 2 });
}

static void
test_no_small(void)
{
	play_seeds(&(struct shortage){ .nb_small = 2,
				       .nb_medium = 2,
				       .nb_large = 2,
				       .reads_of_16 = 8,
				       .wants_no_memory = true });
}

static void
test_no_medium(void)
{
	play_seeds(&(struct shortage){ .nb_small = 64,
				       .nb_medium = 2,
				       .nb_large = 3,
				       .reads_of_16 = 8,
				       .wants_no_memory = true });
}

static void
test_no_large(void)
{
	play_seeds(&(struct shortage){ .nb_small = 64,
				       .nb_medium = 64,
				       .nb_large = 2,
				       .reads_of_16 = 8,
				       .wants_no_memory = true });
}

static void
test_no_packets(void)
{
	play_seeds(&(struct shortage){ .nb_packets = 8, .sndbuf = 40000, .reads_of_16 = 8 });
}

static void
test_reader_without_buffers(void)
{
	play_seeds(&(struct shortage){ .sndbuf = 40000, .reader_large = 1, .reads_of_16 = 8 });
}

static void
test_small_payload(void)
{
	play_seeds(&(struct shortage){ .sndbuf = 20000, .max_payload = 64, .reads_of_16 = 12 });
	play_seeds(&(struct shortage){ .sndbuf = 30000, .max_payload = 1400, .reads_of_16 = 12 });
}

static void
test_loss(void)
{
	play_seeds(&(struct shortage){
		.sndbuf = 40000, .nb_large = 4, .reads_of_16 = 8, .loss_ppm = 20000 });
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "the smallest send buffer", test_small_sndbuf },
		{ "a slow reader", test_slow_reader },
		{ "hardly any buffers", test_no_small },
		{ "hardly any medium buffers", test_no_medium },
		{ "hardly any large buffers", test_no_large },
		{ "hardly any packets", test_no_packets },
		{ "a reader with one large buffer", test_reader_without_buffers },
		{ "small records", test_small_payload },
		{ "loss and few buffers", test_loss },
	};

	if (eal_start("test-short-write") != 0)
		return 1;
	return harness_run("eal/short_write", cases, HARNESS_COUNT(cases));
}
