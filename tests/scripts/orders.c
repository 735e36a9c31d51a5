/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "scripts/orders.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scripts/play.h"

enum {
	SEGMENTS = 5,
	LEN = 1000,
	TEXT_MAX = 4096,
	ORDERS = 120,
};

struct text {
	char bytes[TEXT_MAX];
	size_t len;
};

/* A receiver's blocks, the one that changed last in front. */
struct receiver {
	uint32_t next; /* segments in order */
	uint32_t unacked;
	uint32_t nb_blocks;
	struct {
		uint32_t first;
		uint32_t behind;
	} block[SEGMENTS];
};

static void __attribute__((format(printf, 2, 3)))
say(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	t->len += (size_t)vsnprintf(t->bytes + t->len, TEXT_MAX - t->len, fmt, ap);
	va_end(ap);
	if (t->len >= TEXT_MAX)
		abort();
}

static void
drop_block(struct receiver *r, uint32_t i)
{
	memmove(&r->block[i], &r->block[i + 1], (SEGMENTS - 1 - i) * sizeof(r->block[0]));
	r->nb_blocks--;
}

/* It waits: joined with its neighbours, its block comes to the front. */
static void
hold(struct receiver *r, uint32_t segment)
{
	uint32_t first = segment, behind = segment + 1, i = 0;

	while (i < r->nb_blocks) {
		if (r->block[i].behind != first && r->block[i].first != behind) {
			i++;
			continue;
		}
		first = r->block[i].first < first ? r->block[i].first : first;
		behind = r->block[i].behind > behind ? r->block[i].behind : behind;
		drop_block(r, i);
	}
	memmove(&r->block[1], &r->block[0], r->nb_blocks * sizeof(r->block[0]));
	r->block[0].first = first;
	r->block[0].behind = behind;
	r->nb_blocks++;
}

/* It is the next one. */
static void
advance(struct receiver *r)
{
	uint32_t i = 0, old = r->next++;

	while (i < r->nb_blocks) {
		if (r->block[i].first != r->next) {
			i++;
			continue;
		}
		r->next = r->block[i].behind;
		drop_block(r, i);
		i = 0;
	}
	r->unacked += r->next - old;
}

/* A segment comes: is it acknowledged at once? */
static bool
receive(struct receiver *r, uint32_t segment)
{
	bool gap = r->nb_blocks > 0 || segment != r->next;

	if (segment == r->next)
		advance(r);
	else
		hold(r, segment);
	return gap || r->unacked >= 2;
}

static void
say_ack(struct text *t, struct receiver *r, const char *when, bool sack)
{
	say(t, "+%s > ACK seq 1 ack %u", when, 1 + r->next * LEN);
	for (uint32_t i = 0; sack && i < r->nb_blocks; i++)
		say(t, "%s%u-%u", i == 0 ? " sack " : ",", 1 + r->block[i].first * LEN,
		    1 + r->block[i].behind * LEN);
	say(t, "\n");
	r->unacked = 0;
}

static void
say_script(struct text *t, const uint32_t order[SEGMENTS], bool sack)
{
	struct receiver r = { 0 };

	say(t,
	    "from RFC 5681 4.2\nfrom RFC 9293 3.8.6.3\nfrom RFC 2018 4\n"
	    "+0 call listen\n+0 < SYN seq 0 mss 1000 win 50000%s\n"
	    "+0 > SYN+ACK seq 0 ack 1%s\n+0.1 < ACK seq 1 ack 1\n+0 call accept\n",
	    sack ? " sackok" : "", sack ? " sackok" : "");
	for (uint32_t i = 0; i < SEGMENTS; i++) {
		say(t, "+0.001 < ACK seq %u len %u ack 1\n", 1 + order[i] * LEN, LEN);
		if (receive(&r, order[i]))
			say_ack(t, &r, "0", sack);
	}
	if (r.unacked > 0)
		say_ack(t, &r, "0..0.5", sack);
	say(t, "+0 call read 10000 = %u\n+1 quiet\n", SEGMENTS * LEN);
}

/* The number-th order. */
static void
order_of(uint32_t number, uint32_t order[SEGMENTS])
{
	uint32_t left[SEGMENTS] = { 0, 1, 2, 3, 4 }, i;

	for (uint32_t n = SEGMENTS; n > 0; n--) {
		i = number % n;
		number /= n;
		order[SEGMENTS - n] = left[i];
		memmove(&left[i], &left[i + 1], (n - 1 - i) * sizeof(left[0]));
	}
}

static uint32_t
play_all(const struct end_ops *ops, bool sack)
{
	char error[SCRIPT_ERROR_MAX];
	uint32_t order[SEGMENTS], bad = 0;
	struct script s;

	for (uint32_t i = 0; i < ORDERS; i++) {
		struct text t = { .len = 0 };

		order_of(i, order);
		say_script(&t, order, sack);
		if (script_parse("order", t.bytes, &s, error) == 0 &&
		    play(&s, &s.cases[0], ops, error)) {
			script_free(&s);
			continue;
		}
		printf("# %s\n# of the script:\n%s", error, t.bytes);
		bad++;
		script_free(&s);
	}
	return bad;
}

int
orders_main(const struct end_ops *ops)
{
	uint32_t bad = 0, of_this;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..2\n");
	for (int sack = 0; sack < 2; sack++) {
		of_this = play_all(ops, sack);
		printf("%sok %d - all %d orders of %d segments, %s SACK, on %s\n",
		       of_this == 0 ? "" : "not ", sack + 1, ORDERS, SEGMENTS,
		       sack ? "with" : "without", ops->name);
		bad += of_this;
	}
	return bad == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
