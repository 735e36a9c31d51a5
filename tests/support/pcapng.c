/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/pcapng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SECTION = 0x0a0d0d0a,
	MAGIC = 0x1a2b3c4d,
	INTERFACE = 1,
	STATS = 5,
	PACKET = 6,
	OPT_COMMENT = 1,
	OPT_IF_NAME = 2,
	OPT_FLAGS = 2,
	OPT_RECEIVED = 4,
	OPT_MISSED = 5,
};

static uint32_t
word(const uint8_t *b)
{
	uint32_t w;

	memcpy(&w, b, sizeof(w));
	return w;
}

static uint32_t
padded(uint32_t len)
{
	return (len + 3) & ~3u;
}

typedef bool (*option_fn)(struct pcapng *f, uint16_t code, const uint8_t *value, uint16_t len);

static bool
options(struct pcapng *f, const uint8_t *b, uint32_t len, option_fn fn)
{
	uint16_t code, n;

	while (len >= 4) {
		memcpy(&code, b, sizeof(code));
		memcpy(&n, b + 2, sizeof(n));
		if (code == 0)
			return n == 0 && len == 4;
		if (4 + padded(n) > len || !fn(f, code, b + 4, n))
			return false;
		b += 4 + padded(n);
		len -= 4 + padded(n);
	}
	return len == 0;
}

static bool
interface_option(struct pcapng *f, uint16_t code, const uint8_t *value, uint16_t len)
{
	if (code == OPT_IF_NAME)
		snprintf(f->name, sizeof(f->name), "%.*s", len, value);
	return true;
}

static bool
stats_option(struct pcapng *f, uint16_t code, const uint8_t *value, uint16_t len)
{
	uint64_t *to = code == OPT_RECEIVED ? &f->received : code == OPT_MISSED ? &f->missed : NULL;

	if (to != NULL && len == sizeof(*to))
		memcpy(to, value, sizeof(*to));
	return to == NULL || len == sizeof(*to);
}

static bool
packet_option(struct pcapng *f, uint16_t code, const uint8_t *value, uint16_t len)
{
	struct pcapng_packet *p = &f->packets[f->nb_packets];

	if (code == OPT_FLAGS)
		p->received = (word(value) & 3) == 1;
	if (code != OPT_COMMENT)
		return true;
	if (p->nb_comments == PCAPNG_COMMENTS_MAX)
		return false;
	snprintf(p->comments[p->nb_comments++], sizeof(p->comments[0]), "%.*s", len, value);
	return true;
}

static bool
grow(struct pcapng *f)
{
	unsigned int cap = f->cap_packets == 0 ? 4096 : 2 * f->cap_packets;
	struct pcapng_packet *more = realloc(f->packets, cap * sizeof(*more));

	if (more == NULL)
		return false;
	f->packets = more;
	f->cap_packets = cap;
	return true;
}

static bool
packet(struct pcapng *f, const uint8_t *b, uint32_t len)
{
	struct pcapng_packet *p;
	uint32_t off;

	if (len < 20 || word(b) >= f->nb_interfaces ||
	    (f->nb_packets == f->cap_packets && !grow(f)))
		return false;
	p = &f->packets[f->nb_packets];
	memset(p, 0, sizeof(*p));
	p->len = word(b + 12);
	p->original_len = word(b + 16);
	p->bytes = b + 20;
	if (p->len > p->original_len || p->len > len - 20)
		return false;
	off = 20 + padded(p->len);
	if (off > len || !options(f, b + off, len - off, packet_option))
		return false;
	f->nb_packets++;
	return true;
}

static bool
block(struct pcapng *f, uint32_t type, const uint8_t *b, uint32_t len)
{
	switch (type) {
	case SECTION:
		return len >= 16 && word(b) == MAGIC;
	case INTERFACE:
		f->nb_interfaces++;
		return len >= 8 && options(f, b + 8, len - 8, interface_option);
	case STATS:
		f->nb_stats++;
		return len >= 12 && options(f, b + 12, len - 12, stats_option);
	case PACKET:
		return packet(f, b, len);
	default:
		return false;
	}
}

bool
pcapng_read(struct pcapng *f, const char *path)
{
	FILE *in = fopen(path, "rb");
	uint32_t at, len;

	memset(f, 0, sizeof(*f));
	if (in == NULL)
		return false;
	fseek(in, 0, SEEK_END);
	f->len = (uint32_t)ftell(in);
	rewind(in);
	f->file = malloc(f->len + 1);
	if (f->file == NULL || fread(f->file, 1, f->len, in) != f->len)
		f->len = 0;
	fclose(in);
	for (at = 0; f->len - at >= 12; at += len) {
		len = word(f->file + at + 4);
		if (len < 12 || len % 4 != 0 || len > f->len - at ||
		    word(f->file + at + len - 4) != len ||
		    !block(f, word(f->file + at), f->file + at + 8, len - 12))
			return false;
	}
	return f->len > 0 && at == f->len;
}

void
pcapng_free(struct pcapng *f)
{
	free(f->file);
	free(f->packets);
	memset(f, 0, sizeof(*f));
}
