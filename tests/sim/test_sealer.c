/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Who checks the checkers: one hand-made connection that the sealer must accept,
 * and the same with one thing wrong each, which it must name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "sim/frame.h"
#include "sim/sealer.h"
#include "support/harness.h"

enum {
	PLAIN = 50,
	ISN_0 = -16, /* wraps inside the stream */
	ISN_1 = 5,
	SCALE = 2,
	FRAME_MAX = 2000,
	KEYS_SEED = 77,
};

/* What is wrong with the connection. */
enum fault {
	NOTHING,
	IP_SUM,
	TCP_SUM,
	OPTION_LEN,
	SYN_OPTION_LATER,
	ETHER_TYPE,
	IP_TOO_LONG,
	FRAGMENT,
	RESERVED,
	OTHER_ISN,
	OTHER_MSS,
	SYN_DATA,
	PLAIN_BYTES,
	RESET,
	ACK_TOO_FAR,
	ACK_BACK,
	EDGE_BACK,
	BEYOND_WINDOW,
	ABOVE_MSS,
	ABOVE_LIMIT,
	ACROSS_KEYS,
	GAP,
	SEQ_OUTSIDE,
	AGAIN_OTHER,
	RECORD_BYTE,
	RECORD_NUMBER,
	RECORD_HEADER,
	RECORD_CONTENT,
	RECORD_TYPE,
	RECORD_EMPTY,
	RECORD_LONG,
	RECORD_SHORT_CONTROL,
	RECORD_CAP,
	RECORD_CUT,
	IN_CLEAR,
	IN_CLEAR_OF_PEER,
	FIN_EARLY,
	FIN_MOVED,
	BEHIND_FIN,
	NO_FIN,
	FIN_NOT_ACKED,
	NOT_ALL_SENT,
	INSIDE_RECORD,
	/* With a key update. */
	UPDATED, /* nothing is wrong */
	UPDATE_ACROSS,
	UPDATE_ACROSS_AGAIN,
	UPDATE_OLD_KEY,
	UPDATE_OLD_NUMBER,
	/* Where packets may be lost in front of the sealer. */
	LATE, /* nothing is wrong */
	LATE_NEVER,
	LATE_OTHER,
};

struct bench {
	enum fault fault;
	struct journal journal[2];
	struct sealer *sealer;
	uint8_t key[16];
	uint8_t iv[12];
	uint64_t rec_no;
	uint32_t update_off;     /* behind the KeyUpdate; 0: there is none */
	uint8_t wire[FRAME_MAX]; /* the stream of end 0 */
	uint32_t len;
};

/* --- frames ------------------------------------------------------------------ */

struct segment {
	int dir;
	uint8_t flags;
	int64_t off; /* of the payload in the stream */
	int64_t ack;
	uint16_t wnd;
	uint16_t mss; /* with this the options of a SYN */
	const uint8_t *payload;
	uint32_t len;
};

static void
put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void
put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

/* RFC 1071 by the book: 16-bit words, carries added at the end. */
static uint32_t
inet_sum(const uint8_t *p, uint32_t len, uint32_t sum)
{
	for (; len > 1; len -= 2, p += 2)
		sum += (uint32_t)p[0] << 8 | p[1];
	if (len == 1)
		sum += (uint32_t)p[0] << 8;
	while (sum > 0xffff)
		sum = (sum >> 16) + (sum & 0xffff);
	return sum;
}

static uint32_t
build(const struct segment *s, uint8_t *f)
{
	uint8_t *ip = f + 14, *tcp = ip + 20;
	uint32_t opt_len = s->mss != 0 ? 8 : 0, tcp_len = 20 + opt_len + s->len;
	uint32_t isn[2] = { (uint32_t)ISN_0, (uint32_t)ISN_1 };
	bool syn = (s->flags & FRAME_SYN) != 0;

	memset(f, 0, 14 + 20 + 20 + opt_len);
	put16(f + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, 20 + tcp_len);
	ip[8] = 64;
	ip[9] = 6;
	ip[12] = ip[16] = 10;
	ip[15] = (uint8_t)(1 + s->dir);
	ip[19] = (uint8_t)(2 - s->dir);
	put16(ip + 10, ~inet_sum(ip, 20, 0));
	put32(tcp + 4, isn[s->dir] + (syn ? 0 : 1) + (uint32_t)s->off);
	if ((s->flags & FRAME_ACK) != 0)
		put32(tcp + 8, isn[1 - s->dir] + 1 + (uint32_t)s->ack);
	tcp[12] = (uint8_t)((20 + opt_len) / 4 << 4);
	tcp[13] = s->flags;
	put16(tcp + 14, s->wnd);
	if (opt_len != 0) {
		memcpy(tcp + 20, "\2\4\0\0\3\3\2\1", 8);
		put16(tcp + 22, s->mss);
	}
	if (s->len > 0)
		memcpy(tcp + 20 + opt_len, s->payload, s->len);
	put16(tcp + 16, ~inet_sum(tcp, tcp_len, inet_sum(ip + 12, 8, 6 + tcp_len)));
	return 34 + tcp_len;
}

static void
transmit(struct bench *b, const struct segment *s)
{
	uint8_t f[FRAME_MAX];
	uint32_t len = build(s, f);

	sealer_tap(b->sealer, s->dir, f, len, 0);
}

static void
data(struct bench *b, uint32_t off, uint32_t len, uint8_t flags)
{
	transmit(b, &(struct segment){ .flags = FRAME_ACK | flags,
				       .off = off,
				       .wnd = 250,
				       .payload = b->wire + off,
				       .len = len });
}

static void
ack(struct bench *b, int64_t off, uint16_t wnd)
{
	transmit(b, &(struct segment){ .dir = 1, .flags = FRAME_ACK, .ack = off, .wnd = wnd });
}

/* --- records ----------------------------------------------------------------- */

/* Adds a record to the stream of end 0: inner is content and type. */
static void
add_record(struct bench *b, const uint8_t *inner, uint32_t len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t nonce[12], *rec = b->wire + b->len;
	int n;

	memcpy(nonce, b->iv, 12);
	for (int i = 0; i < 8; i++)
		nonce[4 + i] ^= (uint8_t)(b->rec_no >> (56 - 8 * i));
	b->rec_no++;
	rec[0] = 23;
	rec[1] = rec[2] = 3;
	put16(rec + 3, len + 16);
	EVP_EncryptInit_ex2(ctx, EVP_aes_128_gcm(), b->key, nonce, NULL);
	EVP_EncryptUpdate(ctx, NULL, &n, rec, 5);
	EVP_EncryptUpdate(ctx, rec + 5, &n, inner, (int)len);
	EVP_EncryptFinal_ex(ctx, rec + 5 + len, &n);
	EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, rec + 5 + len);
	EVP_CIPHER_CTX_free(ctx);
	b->len += 5 + len + 16;
}

/* A KeyUpdate, and a record under the next key. */
static void
fill_update(struct bench *b)
{
	struct journal *j = &b->journal[0];
	struct sim_key next;
	uint8_t inner[40];

	journal_fill(j, JOURNAL_KEY_UPDATE, JOURNAL_KEY_UPDATE_LEN, 0, inner, sizeof(inner));
	journal_append(j, JOURNAL_KEY_UPDATE, JOURNAL_KEY_UPDATE_LEN, false);
	inner[JOURNAL_KEY_UPDATE_LEN] = 22;
	add_record(b, inner, JOURNAL_KEY_UPDATE_LEN + 1);
	b->update_off = b->len;
	sim_key_of(KEYS_SEED, 0, 2, &next);
	if (b->fault != UPDATE_OLD_KEY) {
		memcpy(b->key, next.key, sizeof(b->key));
		memcpy(b->iv, next.iv, sizeof(b->iv));
	}
	if (b->fault != UPDATE_OLD_NUMBER)
		b->rec_no = next.rec_no;
	journal_fill(j, JOURNAL_DATA, 30, 0, inner, 30);
	journal_append(j, JOURNAL_DATA, 30, true);
	inner[30] = 23;
	add_record(b, inner, 31);
}

/* What end 0 accepts and what it puts into its stream: 50 + 122 + 24 + 222 bytes. */
static void
fill_stream(struct bench *b)
{
	struct journal *j = &b->journal[0];
	uint8_t inner[300];
	bool cut = b->fault == RECORD_CUT;

	journal_fill(j, JOURNAL_PLAIN, PLAIN, 0, b->wire, PLAIN);
	journal_append(j, JOURNAL_PLAIN, PLAIN, false);
	b->len = PLAIN;

	journal_fill(j, JOURNAL_DATA, 100, 0, inner, 100);
	journal_append(j, JOURNAL_DATA, 100, true);
	inner[100] = 23;
	if (b->fault == RECORD_NUMBER)
		b->rec_no++;
	if (b->fault == RECORD_CONTENT)
		inner[77] ^= 1;
	add_record(b, b->fault == RECORD_EMPTY ? inner + 100 : inner,
		   b->fault == RECORD_EMPTY ? 1 : 101);

	journal_fill(j, JOURNAL_ALERT, 2, 0, inner, 2);
	journal_append(j, JOURNAL_ALERT, 2, false);
	inner[2] = b->fault == RECORD_TYPE ? 23 : 21;
	if (b->fault == RECORD_SHORT_CONTROL)
		inner[1] = 21;
	add_record(b, inner, b->fault == RECORD_SHORT_CONTROL ? 2 : 3);

	memset(inner, 0, sizeof(inner));
	journal_fill(j, JOURNAL_DATA, 150, 0, inner, 150);
	journal_append(j, JOURNAL_DATA, 150, cut);
	journal_fill(j, JOURNAL_DATA, 50, 0, inner + 150, 50);
	if (b->fault != RECORD_LONG)
		journal_append(j, JOURNAL_DATA, 50, true);
	inner[200] = 23;
	/* With padding. */
	add_record(b, inner, 210);
	if (b->fault >= UPDATED && b->fault < LATE)
		fill_update(b);
	if (b->fault == NOT_ALL_SENT)
		journal_append(j, JOURNAL_DATA, 1, true);
	if (b->fault == PLAIN_BYTES)
		b->wire[20] ^= 1;
	if (b->fault == RECORD_BYTE)
		b->wire[160] ^= 1;
	if (b->fault == RECORD_HEADER)
		b->wire[PLAIN + 2] = 1;
	if (b->fault == IN_CLEAR)
		journal_fill(&(struct journal){ .base = j->base }, JOURNAL_DATA, 100, 0,
			     b->wire + 100, 16);
	if (b->fault == IN_CLEAR_OF_PEER)
		journal_fill(&(struct journal){ .base = b->journal[1].base }, JOURNAL_DATA, 100, 3,
			     b->wire + 100, 16);
}

/* --- the connection ---------------------------------------------------------- */

/* Bytes of a frame changed after its checksums were made. */
static void
transmit_spoilt(struct bench *b)
{
	static const struct {
		enum fault fault;
		uint32_t at;
		uint8_t value;
		bool ip, tcp; /* sums that are made anew */
	} rows[] = {
		{ IP_SUM, 14 + 8, 63, false, false },     { TCP_SUM, 34 + 14, 77, false, false },
		{ OPTION_LEN, 34 + 21, 0, false, true },  { ETHER_TYPE, 12, 0x86, false, false },
		{ IP_TOO_LONG, 14 + 3, 200, true, true }, { FRAGMENT, 14 + 6, 0x20, true, true },
		{ RESERVED, 34 + 12, 0x71, false, true },
	};
	uint8_t f[FRAME_MAX];
	uint32_t len, tcp_len;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		if (rows[i].fault != b->fault)
			continue;
		len = build(&(struct segment){ .flags = FRAME_SYN, .wnd = 1000, .mss = 1460 }, f);
		tcp_len = len - 34;
		f[rows[i].at] = rows[i].value;
		if (rows[i].ip) {
			put16(f + 24, 0);
			put16(f + 24, ~inet_sum(f + 14, 20, 0));
		}
		if (rows[i].tcp) {
			put16(f + 50, 0);
			put16(f + 50, ~inet_sum(f + 34, tcp_len, inet_sum(f + 26, 8, 6 + tcp_len)));
		}
		sealer_tap(b->sealer, 0, f, len, 0);
	}
}

static void
open_connection(struct bench *b)
{
	struct segment syn = { .flags = FRAME_SYN, .wnd = 1000, .mss = 1460 };

	transmit_spoilt(b);
	if (b->fault == SYN_DATA) {
		syn.payload = b->wire;
		syn.len = 1;
	}
	transmit(b, &syn);
	transmit(b, &syn);
	syn = (struct segment){
		.dir = 1, .flags = FRAME_SYN | FRAME_ACK, .wnd = 1000, .mss = 1460
	};
	if (b->fault == BEYOND_WINDOW)
		syn.wnd = 100;
	if (b->fault == OTHER_MSS)
		syn.mss = 1461;
	transmit(b, &syn);
	if (b->fault == OTHER_ISN) {
		syn.off = 1;
		transmit(b, &syn);
	}
	transmit(b, &(struct segment){ .flags = FRAME_ACK, .wnd = 250 });
	if (b->fault == SYN_OPTION_LATER)
		transmit(b, &(struct segment){ .flags = FRAME_ACK, .wnd = 250, .mss = 1460 });
}

static void
move_data(struct bench *b)
{
	bool updated = b->update_off != 0 && b->fault != UPDATE_ACROSS;
	uint32_t sent = updated ? b->update_off : PLAIN + 200;
	uint8_t again[200];

	if (b->fault == ACROSS_KEYS)
		data(b, 0, PLAIN + 1, 0);
	data(b, 0, PLAIN, FRAME_PSH);
	ack(b, b->fault == ACK_TOO_FAR ? PLAIN + 1 : PLAIN, b->fault == BEYOND_WINDOW ? 25 : 250);
	if (b->fault == ACK_BACK)
		ack(b, PLAIN - 1, 251);
	if (b->fault == EDGE_BACK)
		ack(b, PLAIN, 248);
	if (b->fault == ABOVE_MSS)
		data(b, PLAIN, 1461, 0);
	if (b->fault == RESET)
		transmit(b, &(struct segment){ .flags = FRAME_RST, .off = PLAIN });
	if (b->fault == SEQ_OUTSIDE)
		transmit(b, &(struct segment){ .flags = FRAME_ACK, .off = PLAIN + 1, .wnd = 250 });
	if (b->fault == LATE_OTHER)
		b->wire[PLAIN + 210] ^= 1;
	if (b->fault >= LATE)
		data(b, PLAIN + 200, b->len - PLAIN - 200, FRAME_PSH);
	if (b->fault == LATE_OTHER)
		b->wire[PLAIN + 210] ^= 1;
	if (b->fault != GAP && b->fault != LATE_NEVER)
		data(b, PLAIN, 200, 0);
	if (updated)
		data(b, PLAIN + 200, b->update_off - PLAIN - 200, FRAME_PSH);
	data(b, sent, b->len - sent, FRAME_PSH);
	if (b->fault == UPDATE_ACROSS_AGAIN)
		data(b, b->update_off - 1, 2, 0);
	/* Again, cut at other places; and a probe of one byte, right and in front of the stream. */
	data(b, 100, 200, 0);
	memcpy(again, b->wire + 60, sizeof(again));
	if (b->fault == AGAIN_OTHER)
		again[199] ^= 1;
	transmit(b, &(struct segment){ .flags = FRAME_ACK,
				       .off = 60,
				       .wnd = 250,
				       .payload = again,
				       .len = sizeof(again) });
	data(b, b->len - 1, 1, 0);
	transmit(b,
		 &(struct segment){
			 .flags = FRAME_ACK, .off = -1, .wnd = 250, .payload = again, .len = 1 });
	ack(b, b->len, 250);
}

static void
close_connection(struct bench *b)
{
	uint32_t end = b->len;
	struct segment fin = { .flags = FRAME_ACK | FRAME_FIN, .off = end, .wnd = 250 };

	if (b->fault == FIN_EARLY)
		fin.off--;
	if (b->fault == NO_FIN)
		return;
	transmit(b, &fin);
	transmit(b, &fin);
	if (b->fault == FIN_MOVED) {
		fin.off++;
		transmit(b, &fin);
	}
	if (b->fault == BEHIND_FIN) {
		b->wire[end] = 23;
		data(b, end, 1, 0);
	}
	transmit(b, &(struct segment){
			    .dir = 1, .flags = FRAME_ACK | FRAME_FIN, .ack = end + 1, .wnd = 250 });
	if (b->fault == FIN_NOT_ACKED)
		return;
	transmit(b, &(struct segment){ .flags = FRAME_ACK, .off = end + 1, .ack = 1, .wnd = 250 });
	/* Behind both FINs an RST may answer what comes late. */
	transmit(b, &(struct segment){ .dir = 1, .flags = FRAME_RST, .off = 1 });
}

/* Plays the connection with one fault; returns what the sealer says, in a static buffer. */
static const char *
play(enum fault fault)
{
	static char said[256];
	struct bench b = { .fault = fault, .rec_no = 0xfffffffe };
	struct sealer_conf conf = { .mtu = 1500 };
	struct sealer_stats stats;
	bool ends = false;

	for (int i = 0; i < 16; i++)
		b.key[i] = (uint8_t)(i * 7);
	for (int i = 0; i < 12; i++)
		b.iv[i] = (uint8_t)(i * 31);
	journal_init(&b.journal[0], 1, PLAIN);
	journal_init(&b.journal[1], 2, 0);
	for (int i = 0; i < 2; i++) {
		memcpy(conf.dir[i].key.key, b.key, 16);
		memcpy(conf.dir[i].key.iv, b.iv, 12);
		conf.dir[i].key.rec_no = b.rec_no;
		conf.dir[i].max_payload = fault == RECORD_CAP ? 199 : 200;
		conf.dir[i].keys_seed = KEYS_SEED;
		conf.dir[i].from = i;
		conf.dir[i].journal = &b.journal[i];
	}
	conf.gaps[0] = fault >= LATE;
	conf.max_seg[0] = fault == ABOVE_LIMIT ? PLAIN - 1 : 1460;
	/* The peer accepted something that it never gets to send. */
	if (fault == IN_CLEAR_OF_PEER)
		journal_append(&b.journal[1], JOURNAL_DATA, 100, true);
	b.sealer = sealer_create(&conf);
	fill_stream(&b);
	if (fault == INSIDE_RECORD)
		b.len--;
	open_connection(&b);
	move_data(&b);
	close_connection(&b);
	sealer_finish(b.sealer);
	if (fault == NOTHING) {
		stats = sealer_stats_get(b.sealer, 0);
		CU_ASSERT_EQUAL(stats.records, 3);
		CU_ASSERT_EQUAL(stats.wire_len, PLAIN + 122 + 24 + 231);
		CU_ASSERT_EQUAL(stats.segments, 7);
		CU_ASSERT_EQUAL(stats.retransmitted, 3);
		CU_ASSERT_EQUAL(stats.fins, 2);
		CU_ASSERT_EQUAL(
			stream_record_before(sealer_stream(b.sealer, 0), PLAIN + 102, &ends), 24);
		CU_ASSERT(ends);
		CU_ASSERT_EQUAL(
			stream_record_before(sealer_stream(b.sealer, 0), PLAIN + 103, &ends), 231);
		CU_ASSERT(!ends);
		CU_ASSERT_EQUAL(
			stream_record_before(sealer_stream(b.sealer, 0), PLAIN + 303, &ends), 0);
	}
	snprintf(said, sizeof(said), "%s",
		 sealer_error(b.sealer) != NULL ? sealer_error(b.sealer) : "");
	sealer_destroy(b.sealer);
	for (int i = 0; i < 2; i++)
		journal_fini(&b.journal[i]);
	return said;
}

static void
test_accepts(void)
{
	CU_ASSERT_STRING_EQUAL(play(NOTHING), "");
	CU_ASSERT_STRING_EQUAL(play(UPDATED), "");
	CU_ASSERT_STRING_EQUAL(play(LATE), "");
}

static void
test_complains(void)
{
	static const struct {
		enum fault fault;
		const char *about;
	} rows[] = {
		{ IP_SUM, "IPv4 checksum" },
		{ TCP_SUM, "TCP checksum" },
		{ OPTION_LEN, "option with a wrong length" },
		{ SYN_OPTION_LATER, "belongs on SYN" },
		{ ETHER_TYPE, "Ethernet type" },
		{ IP_TOO_LONG, "IPv4 lengths" },
		{ FRAGMENT, "fragment" },
		{ RESERVED, "reserved" },
		{ OTHER_ISN, "another SYN" },
		{ OTHER_MSS, "MTU - 40" },
		{ SYN_DATA, "more than SYN" },
		{ PLAIN_BYTES, "other bytes than sent" },
		{ RESET, "an RST" },
		{ ACK_TOO_FAR, "not sent" },
		{ ACK_BACK, "ACK that goes back" },
		{ EDGE_BACK, "edge moves left" },
		{ BEYOND_WINDOW, "beyond the window" },
		{ ABOVE_MSS, "above the MSS" },
		{ ABOVE_LIMIT, "above its sender's limit" },
		{ ACROSS_KEYS, "across the key change" },
		{ GAP, "outside of the stream" },
		{ SEQ_OUTSIDE, "outside of the stream" },
		{ AGAIN_OTHER, "than those first sent" },
		{ RECORD_BYTE, "OpenSSL does not seal" },
		{ RECORD_NUMBER, "OpenSSL does not seal" },
		{ RECORD_HEADER, "no record header" },
		{ RECORD_CONTENT, "other bytes than sent" },
		{ RECORD_TYPE, "another content type" },
		{ RECORD_EMPTY, "without content" },
		{ RECORD_LONG, "more bytes than sent" },
		{ RECORD_SHORT_CONTROL, "shorter than sent" },
		{ RECORD_CAP, "above its cap" },
		{ RECORD_CUT, "goes on behind its end" },
		{ IN_CLEAR, "in clear" },
		{ IN_CLEAR_OF_PEER, "in clear" },
		{ FIN_EARLY, "not at the end" },
		{ FIN_MOVED, "not at the end" },
		{ BEHIND_FIN, "behind the FIN" },
		{ NO_FIN, "no FIN" },
		{ FIN_NOT_ACKED, "FIN was not acknowledged" },
		{ NOT_ALL_SENT, "not all sent" },
		{ INSIDE_RECORD, "inside a record" },
		{ UPDATE_ACROSS, "under two keys" },
		{ UPDATE_ACROSS_AGAIN, "under two keys" },
		{ UPDATE_OLD_KEY, "OpenSSL does not seal" },
		{ UPDATE_OLD_NUMBER, "OpenSSL does not seal" },
		{ LATE_NEVER, "ACK" },
		{ LATE_OTHER, "OpenSSL does not seal" },
	};
	const char *said;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		said = play(rows[i].fault);
		if (strstr(said, rows[i].about) == NULL)
			printf("# fault %u: wanted \"%s\", got \"%s\"\n", rows[i].fault,
			       rows[i].about, said);
		CU_ASSERT_PTR_NOT_NULL(strstr(said, rows[i].about));
	}
}

/* --- the journal ------------------------------------------------------------- */

static void
test_journal(void)
{
	struct journal j;
	struct journal_cursor at = { 0 };
	uint8_t a[5000], b[64];

	journal_init(&j, harness_seed(), 0);
	CU_ASSERT_EQUAL(journal_next_type(&j, &at), -1);
	journal_fill(&j, JOURNAL_DATA, sizeof(a), 0, a, sizeof(a));
	journal_append(&j, JOURNAL_DATA, 1000, true);
	CU_ASSERT_PTR_NOT_NULL(journal_match(&j, &at, JOURNAL_DATA, a, 1001));
	CU_ASSERT_PTR_NULL(journal_match(&j, &at, JOURNAL_DATA, a, 999));
	/* Nothing moved on the refusal, and data goes on in the same item. */
	journal_append(&j, JOURNAL_DATA, 4000, false);
	CU_ASSERT_PTR_NULL(journal_match(&j, &at, JOURNAL_DATA, a + 999, 4001));
	CU_ASSERT_EQUAL(journal_next_type(&j, &at), -1);
	CU_ASSERT(journal_between(&j, &at));
	/* Pieces of the content are the same content. */
	for (uint64_t pos = 0; pos < 50; pos++) {
		struct journal again = { .base = j.base };

		journal_fill(&again, JOURNAL_DATA, 5000, pos * 91, b, sizeof(b));
		CU_ASSERT_EQUAL(memcmp(a + pos * 91, b, sizeof(b)), 0);
	}
	/* A handshake record is one message and no KeyUpdate, in pieces too. */
	journal_fill(&j, JOURNAL_HANDSHAKE, 64, 0, b, 64);
	journal_append(&j, JOURNAL_HANDSHAKE, 64, false);
	CU_ASSERT(b[0] == 4 && b[1] == 0 && b[2] == 0 && b[3] == 60);
	CU_ASSERT_EQUAL(journal_next_type(&j, &at), JOURNAL_HANDSHAKE);
	CU_ASSERT_PTR_NOT_NULL(journal_match(&j, &at, JOURNAL_DATA, b, 3));
	CU_ASSERT_PTR_NULL(journal_match(&j, &at, JOURNAL_HANDSHAKE, b, 3));
	CU_ASSERT(!journal_between(&j, &at));
	CU_ASSERT_PTR_NULL(journal_match(&j, &at, JOURNAL_HANDSHAKE, b + 3, 61));
	/* A KeyUpdate is one whole message, and known by its end only. */
	journal_fill(&j, JOURNAL_KEY_UPDATE, JOURNAL_KEY_UPDATE_LEN, 0, b, 5);
	journal_append(&j, JOURNAL_KEY_UPDATE, JOURNAL_KEY_UPDATE_LEN, false);
	CU_ASSERT(memcmp(b, "\30\0\0\1", 4) == 0 && b[4] <= 1);
	CU_ASSERT_PTR_NULL(journal_match(&j, &at, JOURNAL_HANDSHAKE, b, 4));
	CU_ASSERT(!journal_behind_update(&j, &at));
	CU_ASSERT_PTR_NULL(journal_match(&j, &at, JOURNAL_HANDSHAKE, b + 4, 1));
	CU_ASSERT(journal_behind_update(&j, &at));
	journal_append(&j, JOURNAL_CLOSE_NOTIFY, 2, false);
	CU_ASSERT_PTR_NULL(journal_match(&j, &at, JOURNAL_ALERT, (const uint8_t *)"\1\0", 2));
	/* Cuts: strictly inside. */
	CU_ASSERT(!journal_cut_inside(&j, 0, 1000));
	CU_ASSERT(!journal_cut_inside(&j, 1000, 5000));
	CU_ASSERT(journal_cut_inside(&j, 999, 1001));
	CU_ASSERT(journal_cut_inside(&j, 0, 5000));
	journal_fini(&j);
}

/* A control record is read past the data in front of it, which comes afterwards in one piece. */
static void
test_taken(void)
{
	struct journal j;
	struct journal_cursor at = { 0 }, it;
	uint8_t data[300], update[JOURNAL_KEY_UPDATE_LEN], alert[2];

	journal_init(&j, harness_seed(), 0);
	journal_fill(&j, JOURNAL_DATA, 100, 0, data, 100);
	journal_append(&j, JOURNAL_DATA, 100, true);
	CU_ASSERT_PTR_NOT_NULL(journal_take(&j, &at, JOURNAL_HANDSHAKE, data, 5, &it));
	journal_fill(&j, JOURNAL_KEY_UPDATE, 5, 0, update, 5);
	journal_append(&j, JOURNAL_KEY_UPDATE, 5, false);
	journal_fill(&j, JOURNAL_DATA, 200, 0, data + 100, 200);
	journal_append(&j, JOURNAL_DATA, 200, true);
	journal_fill(&j, JOURNAL_ALERT, 2, 0, alert, 2);
	journal_append(&j, JOURNAL_ALERT, 2, false);
	CU_ASSERT_PTR_NULL(journal_match(&j, &at, JOURNAL_DATA, data, 60));
	CU_ASSERT_PTR_NOT_NULL(journal_match(&j, &at, JOURNAL_DATA, data + 60, 41));
	CU_ASSERT_PTR_NOT_NULL(journal_take(&j, &at, JOURNAL_HANDSHAKE, update, 4, &it));
	CU_ASSERT_PTR_NULL(journal_take(&j, &at, JOURNAL_HANDSHAKE, update, 5, &it));
	CU_ASSERT(journal_behind_update(&j, &it));
	CU_ASSERT_EQUAL(journal_off(&j, &it), 105);
	/* Not twice. */
	CU_ASSERT_PTR_NOT_NULL(journal_take(&j, &at, JOURNAL_HANDSHAKE, update, 5, &it));
	CU_ASSERT_PTR_NOT_NULL(journal_match(&j, &at, JOURNAL_DATA, data + 60, 241));
	CU_ASSERT_PTR_NULL(journal_match(&j, &at, JOURNAL_DATA, data + 60, 240));
	CU_ASSERT_EQUAL(journal_next_type(&j, &at), JOURNAL_ALERT);
	CU_ASSERT_PTR_NULL(journal_take(&j, &at, JOURNAL_ALERT, alert, 2, &it));
	CU_ASSERT_EQUAL(journal_next_type(&j, &at), -1);
	journal_fini(&j);
}

static void
test_leaks(void)
{
	struct journal j;
	uint8_t a[4096], noise[4096];
	uint64_t rng = harness_seed();
	uint32_t missed = 0;

	journal_init(&j, harness_seed(), 0);
	journal_fill(&j, JOURNAL_DATA, sizeof(a), 0, a, sizeof(a));
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)harness_rand(&rng);
	/* Not accepted yet: not known. */
	CU_ASSERT(!journal_leaks(&j, a, sizeof(a)));
	journal_append(&j, JOURNAL_DATA, sizeof(a), true);
	CU_ASSERT(!journal_leaks(&j, noise, sizeof(noise)));
	/* Any 15 bytes, anywhere in noise, are found; fewer than 8 cannot be told. */
	for (size_t i = 0; i + 15 <= sizeof(a); i++) {
		uint8_t some[100];

		memcpy(some, noise, sizeof(some));
		memcpy(some + i % 85, a + i, 15);
		missed += !journal_leaks(&j, some, sizeof(some));
	}
	CU_ASSERT_EQUAL(missed, 0);
	CU_ASSERT(!journal_leaks(&j, a, 7));
	CU_ASSERT(journal_leaks(&j, a, 8));
	journal_fini(&j);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a right connection is accepted", test_accepts },
		{ "each fault is named", test_complains },
		{ "the journal remembers what was sent", test_journal },
		{ "a control record is taken past data", test_taken },
		{ "plaintext is found wherever it hides", test_leaks },
	};

	return harness_run("sealer", cases, HARNESS_COUNT(cases));
}
