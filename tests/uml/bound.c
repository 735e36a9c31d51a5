/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * uml-bound CAPTURE PORT VERSION RECORDS: what a NIC could have opened of the last RECORDS records of the first
 * connection with a peer's or an own PORT that a capture of ours has, by the packets that it received, in their order. VERSION is
 * 1.2 or 1.3. One line of JSON: how many records by each method of the resync oracle, by the same device when it
 * is answered at once, and by the bound of recordtls-perf resync. Nothing is decrypted: headers are in clear.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "perf/resync_bound.h"
#include "sim/frame.h"
#include "sim/resync_oracle.h"
#include "support/pcapng.h"

enum {
	HDR = 5,
	POLLS = 1,
	COUNTS = 4,
	BURST = 64, /* of the library, at most; it sends behind each */
};

static const struct {
	const char *name;
	enum oracle_method method;
	bool at_once;
} counts[COUNTS] = {
	{ "scan", ORACLE_BY_SCAN, false },
	{ "delayed", ORACLE_BY_SCAN_DELAYED, false },
	{ "stack", ORACLE_BY_STACK, false },
	{ "at_once", ORACLE_BY_SCAN, true },
};

/* A packet of the connection; received with the stream, or sent. */
struct segment {
	struct oracle_segment seg;
	bool received;
	uint32_t ack;
};

struct stream {
	struct segment *segments;
	size_t nb_segments;
	uint32_t isn;   /* of its first byte */
	uint8_t *bytes; /* in order */
	uint8_t *there;
	size_t len;
	int64_t *begins; /* each record, and the end of the last one */
	size_t nb_records;
	size_t first; /* that counts */
	size_t keyed; /* segments until all in front of it is there */
};

static void
die(const char *what)
{
	fprintf(stderr, "uml-bound: %s\n", what);
	exit(2);
}

static void *
room(size_t n, size_t size)
{
	void *p = calloc(n + 1, size);

	if (p == NULL)
		die("no memory");
	return p;
}

/* --- from the capture ------------------------------------------------------------ */

/* The packets of the first connection; damaged ones are nobody's. */
static void
collect(struct stream *s, const struct pcapng *file, uint16_t port)
{
	uint32_t pair = 0;
	struct frame f;

	s->segments = room(file->nb_packets, sizeof(*s->segments));
	for (unsigned int i = 0; i < file->nb_packets; i++) {
		const struct pcapng_packet *p = &file->packets[i];
		bool synced = s->isn != 0 || pair != 0;

		if (frame_parse(p->bytes, p->len, &f) != NULL || !f.is_tcp ||
		    (f.src_port != port && f.dst_port != port))
			continue;
		if (!synced && p->received && (f.flags & FRAME_SYN) != 0) {
			pair = (uint32_t)f.src_port << 16 | f.dst_port;
			s->isn = f.seq + 1;
		}
		if (pair != (p->received ? (uint32_t)f.src_port << 16 | f.dst_port :
					   (uint32_t)f.dst_port << 16 | f.src_port))
			continue;
		s->segments[s->nb_segments++] = (struct segment){
			.seg = { .syn = (f.flags & FRAME_SYN) != 0,
				 .seq = f.seq,
				 .bytes = f.payload,
				 .len = f.payload_len,
				 .has_ts = f.has_ts,
				 .ts = f.ts_val },
			.received = p->received,
			.ack = f.ack,
		};
	}
}

/* All connections here are shorter than 2 GiB. */
static size_t
place(const struct stream *s, const struct segment *g)
{
	return (int32_t)(g->seg.seq - s->isn) < 0 ? 0 : g->seg.seq - s->isn;
}

static void
join(struct stream *s)
{
	size_t end = 0;

	for (size_t i = 0; i < s->nb_segments; i++)
		if (s->segments[i].received &&
		    place(s, &s->segments[i]) + s->segments[i].seg.len > end)
			end = place(s, &s->segments[i]) + s->segments[i].seg.len;
	s->bytes = room(end, 1);
	s->there = room(end, 1);
	for (size_t i = 0; i < s->nb_segments; i++) {
		const struct segment *g = &s->segments[i];

		if (!g->received || g->seg.syn)
			continue;
		memcpy(s->bytes + place(s, g), g->seg.bytes, g->seg.len);
		memset(s->there + place(s, g), 1, g->seg.len);
	}
	while (s->len < end && s->there[s->len] != 0)
		s->len++;
}

static void
find_records(struct stream *s, size_t last)
{
	size_t off = 0, next;

	s->begins = room(s->len / HDR + 1, sizeof(*s->begins));
	for (; s->len - off >= HDR; off = next) {
		next = off + HDR + ((size_t)s->bytes[off + 3] << 8 | s->bytes[off + 4]);
		if (next > s->len)
			break;
		s->begins[s->nb_records++] = (int64_t)off;
	}
	s->begins[s->nb_records] = (int64_t)off;
	if (last == 0 || last > s->nb_records)
		die("the capture has not so many records");
	s->first = s->nb_records - last;
}

/* A program has its keys when it has read what is in front. */
static void
find_keys(struct stream *s)
{
	size_t missing = (size_t)s->begins[s->first], end;

	memset(s->there, 0, s->len);
	for (s->keyed = 0; missing > 0; s->keyed++) {
		const struct segment *g = &s->segments[s->keyed];

		if (!g->received || g->seg.syn)
			continue;
		end = place(s, g) + g->seg.len;
		for (size_t at = place(s, g); at < end && at < (size_t)s->begins[s->first]; at++) {
			missing -= s->there[at] == 0;
			s->there[at] = 1;
		}
	}
}

/* --- what could be opened ------------------------------------------------------------ */

static int
by_place(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Numbers are those behind the keys. */
static enum oracle_begins
begins(void *arg, int64_t off, uint64_t *rec_no)
{
	const struct stream *s = arg;
	const int64_t *at = bsearch(&off, s->begins, s->nb_records + 1, sizeof(off), by_place);

	if (at == NULL || (size_t)(at - s->begins) < s->first)
		return ORACLE_BEGINS_NONE;
	*rec_no = (uint64_t)(at - s->begins) - s->first;
	return ORACLE_BEGINS;
}

/* The stack has got these; what a queue gives less than it was asked for is all that it had. */
static void
end_burst(struct resync_oracle *o, uint32_t *nb, uint64_t *read)
{
	if (*nb == 0)
		return;
	resync_oracle_events(o, 0);
	resync_oracle_burst(o, *nb < BURST);
	*nb = 0;
	for (; *read < resync_oracle_nb_records(o); (*read)++)
		resync_oracle_read(o);
}

static uint64_t
by_oracle(struct stream *s, const struct suite *suite, enum oracle_method method, bool at_once)
{
	const struct resync_oracle_conf conf = { .suite = suite,
						 .method = method,
						 .polls = POLLS,
						 .truth = begins,
						 .arg = s,
						 .at_once = at_once,
						 .alone = true };
	const struct oracle_mishap none = { 0 };
	struct resync_oracle *o = resync_oracle_create(&conf);
	uint64_t read = 0, opened;
	uint32_t nb = 0;

	resync_oracle_packet(o, &(struct oracle_segment){ .syn = true, .seq = s->isn - 1 }, &none);
	for (size_t i = 0; i < s->nb_segments; i++) {
		const struct segment *g = &s->segments[i];

		if (i == s->keyed || !g->received || nb == BURST)
			end_burst(o, &nb, &read);
		if (i == s->keyed) {
			resync_oracle_keys(o, s->begins[s->first], 0);
			resync_oracle_start(o, s->isn + (uint32_t)s->begins[s->first], 0, 0);
		}
		if (!g->received)
			resync_oracle_acks(o, g->ack);
		else if (!g->seg.syn && ++nb > 0)
			resync_oracle_packet(o, &g->seg, &none);
	}
	end_burst(o, &nb, &read);
	opened = resync_oracle_stats_get(o).records[ORACLE_OPENED];
	resync_oracle_destroy(o);
	return opened;
}

struct tally {
	size_t first;
	uint64_t intact, openable;
};

static void
take_class(void *arg, uint64_t n, enum resync_bound_class class)
{
	struct tally *t = arg;

	if (n < t->first)
		return;
	t->openable += class == RESYNC_BOUND_OPENABLE;
	t->intact += class != RESYNC_BOUND_TOUCHED;
}

static struct tally
by_bound(const struct stream *s)
{
	struct resync_bound *b = resync_bound_create(s->isn);
	struct tally t = { .first = s->first };

	if (b == NULL)
		die("no memory");
	resync_bound_tell(b, take_class, &t);
	for (size_t i = 0; i < s->nb_segments; i++) {
		const struct segment *g = &s->segments[i];

		if (g->received && !g->seg.syn &&
		    !resync_bound_packet(b, g->seg.seq, g->seg.bytes, g->seg.len))
			die("no memory");
	}
	resync_bound_destroy(b);
	return t;
}

static const struct suite *
suite_of(const char *version)
{
	for (size_t i = 0; i < SUITES; i++)
		if (strncmp(suites[i].name, version, 3) == 0)
			return &suites[i];
	die("VERSION is 1.2 or 1.3");
	return NULL;
}

int
main(int argc, char **argv)
{
	struct stream s = { 0 };
	struct pcapng file;
	struct tally t;

	if (argc != 5)
		die("CAPTURE PORT VERSION RECORDS");
	if (!pcapng_read(&file, argv[1]))
		die("this is no capture of ours");
	if (file.missed != 0)
		die("the capture is not complete");
	collect(&s, &file, (uint16_t)strtoul(argv[2], NULL, 10));
	join(&s);
	find_records(&s, strtoul(argv[4], NULL, 10));
	find_keys(&s);
	t = by_bound(&s);
	printf("{\"records\": %zu, \"intact\": %" PRIu64 ", \"openable\": %" PRIu64,
	       s.nb_records - s.first, t.intact, t.openable);
	for (size_t i = 0; i < COUNTS; i++)
		printf(", \"%s\": %" PRIu64, counts[i].name,
		       by_oracle(&s, suite_of(argv[3]), counts[i].method, counts[i].at_once));
	printf("}\n");
	free(s.segments);
	free(s.bytes);
	free(s.there);
	free(s.begins);
	pcapng_free(&file);
	return 0;
}
