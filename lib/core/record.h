/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The TLS record protocol on one page: header, sizes, nonce, additional data,
 * inner type and limits. One constant table entry per (version, suite); code
 * that handles records reads the entry and never asks which suite it is.
 *
 * Pure: values in, values out. The only bytes that pass here are a record's
 * five header bytes, its nonce and its additional data.
 */
#ifndef RTLS_CORE_RECORD_H
#define RTLS_CORE_RECORD_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/bytes.h"

enum {
	RECORD_HDR_LEN = 5,
	RECORD_TAG_LEN = 16,
	RECORD_NONCE_LEN = 12,
	/* Nonces end in eight bytes that hold, or are combined with, the record number. */
	RECORD_NONCE_NO_OFF = RECORD_NONCE_LEN - 8,
	RECORD_KEY_MAX = 32,
	RECORD_AAD_MAX = 13,         /* TLS 1.2: seq_num, type, version, length */
	RECORD_PLAIN_MAX = 1 << 14,  /* RFC 8446 5.1: plaintext, without the inner type */
	RECORD_EXPAND_MAX_13 = 256,  /* RFC 8446 5.2 */
	RECORD_EXPAND_MAX_12 = 2048, /* RFC 5246 6.2.3 */
	/* The longest record that this library writes: header, explicit nonce,
	 * plaintext, inner type, tag. */
	RECORD_WIRE_MAX_TX = RECORD_HDR_LEN + 8 + RECORD_PLAIN_MAX + 1 + RECORD_TAG_LEN,
	/* The longest TLS 1.3 record that a peer may send. */
	RECORD_WIRE_MAX_RX = RECORD_HDR_LEN + RECORD_PLAIN_MAX + RECORD_EXPAND_MAX_13,
};

/* RFC 8446 5.1 and RFC 5246 6.2.1 */
enum record_type {
	RECORD_CHANGE_CIPHER_SPEC = 20,
	RECORD_ALERT = 21,
	RECORD_HANDSHAKE = 22,
	RECORD_DATA = 23,
};

enum { RECORD_WIRE_VERSION = 0x0303 }; /* legacy_record_version of both 1.2 and 1.3 */
enum {
	RECORD_HS_KEY_UPDATE = 24, /* RFC 8446 4: HandshakeType of KeyUpdate */
	RECORD_KEY_UPDATE_LEN = 5, /* of the message: type, length, request_update */
};

/*
 * What seals the records of a suite. Whoever computes, or hands keys on, has one map indexed by it,
 * of designated initialisers; an entry that is missing there is an AEAD that it does not carry. All
 * else is in the suite's row, and no other code names an AEAD, a cipher or a suite.
 */
enum record_aead {
	RECORD_AEAD_NONE, /* no suite's, and without an entry everywhere */
	RECORD_AEAD_AES_128_GCM,
	RECORD_AEAD_AES_256_GCM,
	RECORD_AEAD_AES_128_CCM,
	RECORD_AEAD_CHACHA20_POLY1305,
	RECORD_AEADS,
};

/* What (version, suite) fixes about a record. */
struct record_suite {
	uint16_t version; /* 0x0303 or 0x0304 */
	uint16_t cipher;  /* enum rtls_cipher */
	const char *name; /* IANA's; TLS 1.2: the part of it that a record knows */
	uint8_t aead;     /* enum record_aead */
	uint8_t key_len;
	/*
	 * On the wire behind the header, and with it the nonce's form. 0: IV xor number. 8: salt and
	 * counter (RFC 5288 3).
	 */
	uint8_t explicit_nonce_len;
	uint8_t inner_type_len; /* 1 in TLS 1.3: the type behind the plaintext */
	uint8_t aad_len;        /* RECORD_HDR_LEN: the header; RECORD_AAD_MAX: as in TLS 1.2 */
	uint16_t body_max;      /* largest length field that is accepted */
	uint16_t body_min;      /* smallest one */
	uint64_t seal_limit;    /* full-size records per key, RFC 8446 5.5; 0 = none */
};

struct record_header {
	uint8_t type; /* outer type */
	uint16_t version;
	uint16_t body_len; /* bytes behind the header */
};

/* The table entry, or NULL where this library does not carry the pair. */
const struct record_suite *record_suite_find(uint16_t version, uint16_t cipher);

/*
 * The table's rows one by one; NULL behind the last. Row 0 is there always: it is the suite that
 * each TLS 1.3 peer has (RFC 8446 9.1), by which providers are compared.
 */
const struct record_suite *record_suite_row(unsigned int i);

/* The first row of an AEAD, as the AEAD fixes the length of its key; NULL: no suite has it. */
const struct record_suite *record_suite_of_aead(enum record_aead aead);

/*
 * Why this library does not carry a pair that the kernel, FreeBSD or IANA have; NULL: it does, or
 * nobody knows the pair.
 */
const char *record_suite_refusal(uint16_t version, uint16_t cipher);

/* What to answer where there is no row: known elsewhere, or nowhere. */
static inline int
record_suite_missing(uint16_t version, uint16_t cipher)
{
	return record_suite_refusal(version, cipher) != NULL ? -ENOTSUP : -EINVAL;
}

/* Bytes in front of the plaintext: header and explicit nonce. */
static inline uint32_t
record_prefix_len(const struct record_suite *s)
{
	return RECORD_HDR_LEN + s->explicit_nonce_len;
}

/* Bytes behind the plaintext, without padding: inner type and tag. */
static inline uint32_t
record_suffix_len(const struct record_suite *s)
{
	return s->inner_type_len + RECORD_TAG_LEN;
}

static inline uint32_t
record_wire_len(const struct record_suite *s, uint32_t plain_len)
{
	return record_prefix_len(s) + plain_len + record_suffix_len(s);
}

/* Bytes that the AEAD covers: plaintext, inner type and padding. */
static inline uint32_t
record_inner_len(const struct record_suite *s, uint32_t body_len)
{
	return body_len - s->explicit_nonce_len - RECORD_TAG_LEN;
}

/*
 * Plaintext and padding of a record of len <= max bytes of plaintext, as a multiple of pad_to: at
 * least one, so that an empty record looks like others. pad_to 0: none. Never above max.
 */
static inline uint32_t
record_padded_len(uint32_t len, uint32_t pad_to, uint32_t max)
{
	uint32_t padded;

	if (pad_to == 0)
		return len;
	padded = len == 0 ? pad_to : (len + pad_to - 1) / pad_to * pad_to;
	return padded < max ? padded : max;
}

/* May a record of that type be without content? RFC 8446 5.1 and 5.4, RFC 5246 6.2.1. */
static inline bool
record_may_be_empty(uint8_t type)
{
	return type != RECORD_CHANGE_CIPHER_SPEC && type != RECORD_ALERT &&
	       type != RECORD_HANDSHAKE;
}

/*
 * Writes the five header bytes of a record of plain_len bytes of plaintext and
 * pad_len bytes of padding (TLS 1.3 only); together at most RECORD_PLAIN_MAX
 * (RFC 8446 5.4). In TLS 1.3 the outer type is always application_data
 * (RFC 8446 5.2).
 */
static inline void
record_header_write(const struct record_suite *s, uint8_t type, uint32_t plain_len,
		    uint32_t pad_len, uint8_t out[RECORD_HDR_LEN])
{
	uint32_t body_len = record_wire_len(s, plain_len) - RECORD_HDR_LEN + pad_len;

	out[0] = s->inner_type_len != 0 ? RECORD_DATA : type;
	put_be16(out + 1, RECORD_WIRE_VERSION);
	put_be16(out + 3, (uint16_t)body_len);
}

static inline struct record_header
record_header_read(const uint8_t in[RECORD_HDR_LEN])
{
	struct record_header h = {
		.type = in[0],
		.version = get_be16(in + 1),
		.body_len = get_be16(in + 3),
	};

	return h;
}

/*
 * Is this the header of a record that the suite can open?
 * 0; -EINVAL: version, or outer type; -EMSGSIZE: length. The version comes
 * first, so that bytes which are not TLS at all are told as such.
 */
static inline int
record_header_check(const struct record_suite *s, const struct record_header *h)
{
	if (h->version != RECORD_WIRE_VERSION)
		return -EINVAL;
	/* RFC 8446 5.2: the type of a protected record is inside; outside it is one value. In TLS
	 * 1.2 it is for who reads to say which ones mean something; 0 would say that it is no TLS. */
	if (s->inner_type_len != 0 ? h->type != RECORD_DATA : h->type == 0)
		return -EINVAL;
	if (h->body_len < s->body_min || h->body_len > s->body_max)
		return -EMSGSIZE;
	return 0;
}

/*
 * The IV of record number 0, from the one installed with a key whose first
 * record is first_rec_no. It differs only where the nonce goes over the wire:
 * there the installed IV ends in the first record's explicit part, iv0, and
 * record n carries iv0 + (n - first_rec_no) mod 2^64, so 2^64 records have
 * distinct nonces whichever number the key starts at. Once per key; what it
 * writes is what the functions below take as base_iv.
 */
void record_iv_base(const struct record_suite *s, const uint8_t iv[RECORD_NONCE_LEN],
		    uint64_t first_rec_no, uint8_t base_iv[RECORD_NONCE_LEN]);

/*
 * The nonce of a record that we seal, a pure function of key and record number:
 * IV xor number (RFC 8446 5.3, RFC 7905 2), or salt and counter (RFC 5288 3).
 * Its last explicit_nonce_len bytes stand on the wire behind the header.
 */
static inline void
record_nonce(const struct record_suite *s, const uint8_t base_iv[RECORD_NONCE_LEN], uint64_t rec_no,
	     uint8_t out[RECORD_NONCE_LEN])
{
	uint64_t low = get_be64(base_iv + RECORD_NONCE_NO_OFF);

	memcpy(out, base_iv, RECORD_NONCE_NO_OFF);
	put_be64(out + RECORD_NONCE_NO_OFF,
		 s->explicit_nonce_len != 0 ? low + rec_no : low ^ rec_no);
}

/* Writes the part of its nonce that stands behind the header of the record at rec, if there is one. */
static inline void
record_explicit_nonce_write(const struct record_suite *s, const uint8_t nonce[RECORD_NONCE_LEN],
			    uint8_t *rec)
{
	if (s->explicit_nonce_len != 0)
		memcpy(rec + RECORD_HDR_LEN, nonce + RECORD_NONCE_LEN - s->explicit_nonce_len,
		       s->explicit_nonce_len);
}

/*
 * The nonce of a record that a peer sealed: an explicit part is the peer's
 * choice and not ours to compute (RFC 5288 3). explicit_nonce points to
 * explicit_nonce_len bytes from behind the header, and may be NULL if that is 0.
 */
void record_nonce_received(const struct record_suite *s, const uint8_t base_iv[RECORD_NONCE_LEN],
			   uint64_t rec_no, const uint8_t *explicit_nonce,
			   uint8_t out[RECORD_NONCE_LEN]);

/*
 * Additional data: the header in TLS 1.3 (RFC 8446 5.2), else number, type,
 * version and plaintext length (RFC 5246 6.2.3.3). Returns its length.
 */
static inline uint32_t
record_aad(const struct record_suite *s, const uint8_t hdr[RECORD_HDR_LEN], uint64_t rec_no,
	   uint8_t out[RECORD_AAD_MAX])
{
	if (s->aad_len == RECORD_HDR_LEN) {
		memcpy(out, hdr, RECORD_HDR_LEN);
		return RECORD_HDR_LEN;
	}
	put_be64(out, rec_no);
	memcpy(out + 8, hdr, 3);
	put_be16(out + 11, (uint16_t)record_inner_len(s, get_be16(hdr + 3)));
	return RECORD_AAD_MAX;
}

#endif
