/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/stream.h"

#include <stdlib.h>
#include <string.h>

static void *
must(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

static const struct suite *
suite_of(const struct stream *s)
{
	return &suites[s->conf.suite];
}

static void
take_key(struct stream *s, const struct sim_key *key)
{
	s->key = *key;
	s->key_records = s->nb_records;
	suite_key(suite_of(s), s->open, key->key, false);
	suite_key(suite_of(s), s->seal, key->key, true);
}

void
stream_init(struct stream *s, const struct stream_conf *conf)
{
	*s = (struct stream){ .conf = *conf };
	s->open = must(EVP_CIPHER_CTX_new());
	s->seal = must(EVP_CIPHER_CTX_new());
	take_key(s, &conf->key);
}

static uint64_t
next_rec_no(const struct stream *s)
{
	return s->key.rec_no + s->nb_records - s->key_records;
}

/* Opens a record into inner and seals that again; false: either does not fit. */
static bool
open_and_seal(struct stream *s, const uint8_t *rec, uint8_t *inner, uint32_t inner_len)
{
	const struct suite *su = suite_of(s);
	const uint8_t *content = rec + suite_front(su);
	uint8_t nonce[SUITE_NONCE_LEN], tag[SUITE_TAG_LEN], sealed[SUITE_BODY_MAX];
	uint8_t aad[SUITE_AAD_MAX];
	int aad_len = suite_aad(su, rec, next_rec_no(s), inner_len, aad);

	suite_nonce(su, s->key.iv, s->key.rec_no, next_rec_no(s), nonce);
	/* The part that goes over the wire is what it has to be, and no other one. */
	if (memcmp(rec + SUITE_HDR_LEN, nonce + SUITE_NONCE_LEN - su->explicit_len,
		   su->explicit_len) != 0)
		return false;
	if (!suite_open(su, s->open, nonce, aad, aad_len, content, inner_len, content + inner_len,
			inner))
		return false;
	suite_seal(su, s->seal, nonce, aad, aad_len, inner, inner_len, sealed, tag);
	return memcmp(sealed, content, inner_len) == 0 &&
	       memcmp(tag, content + inner_len, sizeof(tag)) == 0;
}

/* The type is behind the content, with padding, or in the header: RFC 8446 5.4, RFC 5246 6.2.1. */
static const char *
find_type(const struct stream *s, const uint8_t *rec, const uint8_t *inner, uint32_t *len,
	  uint8_t *type)
{
	*type = rec[0];
	if (suite_of(s)->inner_len == 0)
		return *len == 0 ? "a record without content" : NULL;
	while (*len > 0 && inner[*len - 1] == 0)
		(*len)--;
	if (*len < 2)
		return "a record without content";
	*type = inner[--*len];
	return NULL;
}

/* The opened record against the journal: NULL, or what is wrong. */
static const char *
check_inner(struct stream *s, const uint8_t *rec, const uint8_t *inner, uint32_t len)
{
	const struct journal *j = s->conf.journal;
	const char *wrong;
	uint64_t end_off;
	uint8_t type;

	wrong = find_type(s, rec, inner, &len, &type);
	if (wrong != NULL)
		return wrong;
	if (type != JOURNAL_DATA && !journal_between(j, &s->at))
		return "a control record inside another one";
	wrong = journal_match(j, &s->at, type, inner, len);
	if (wrong != NULL)
		return wrong;
	if (type != JOURNAL_DATA)
		return journal_between(j, &s->at) ? NULL :
						    "a control record that is shorter than sent";
	if (len > s->conf.max_payload)
		return "a data record above its cap";
	end_off = journal_off(j, &s->at);
	if (journal_cut_inside(j, end_off - len, end_off))
		return "a data record that goes on behind its end";
	return NULL;
}

/* A record behind which everything is under the next key was opened. */
static void
update_key(struct stream *s)
{
	struct sim_key key;

	if (s->nb_updates == s->cap_updates) {
		s->cap_updates = s->cap_updates == 0 ? 64 : s->cap_updates * 2;
		s->updates = must(realloc(s->updates, s->cap_updates * sizeof(*s->updates)));
	}
	s->updates[s->nb_updates++] = s->opened;
	sim_key_of(s->conf.keys_seed, s->conf.from, 1 + s->nb_updates, &key);
	take_key(s, &key);
}

static void
remember(struct stream *s, uint32_t wire_len)
{
	if (s->nb_records == s->cap_records) {
		s->cap_records = s->cap_records == 0 ? 64 : s->cap_records * 2;
		s->records = must(realloc(s->records, s->cap_records * sizeof(*s->records)));
	}
	s->records[s->nb_records] = (struct stream_record){
		.end_off = journal_off(s->conf.journal, &s->at),
		.rec_no = next_rec_no(s),
		.epoch = (uint32_t)s->nb_updates,
		.wire_len = wire_len,
	};
	s->nb_records++;
}

/* Is it the header of a record with at least a byte in it? */
static bool
check_header(const struct stream *s, const uint8_t *rec, uint32_t body_len)
{
	const struct suite *su = suite_of(s);

	return (su->inner_len != 0 ? rec[0] == JOURNAL_DATA : rec[0] >= 20 && rec[0] <= 23) &&
	       rec[1] == 0x03 && rec[2] == 0x03 && body_len <= SUITE_BODY_MAX &&
	       body_len > (uint32_t)su->explicit_len + SUITE_TAG_LEN;
}

static const char *
check_records(struct stream *s)
{
	uint32_t around = suite_of(s)->explicit_len + SUITE_TAG_LEN, body_len;
	uint8_t inner[SUITE_BODY_MAX];
	const uint8_t *rec;
	const char *wrong;

	while (s->len - s->opened >= SUITE_HDR_LEN) {
		rec = s->wire + s->opened;
		body_len = (uint32_t)rec[3] << 8 | rec[4];
		if (!check_header(s, rec, body_len))
			return "no record header where one must be";
		if (s->len - s->opened < SUITE_HDR_LEN + body_len)
			return NULL;
		if (!open_and_seal(s, rec, inner, body_len - around))
			return "a record that OpenSSL does not seal so";
		wrong = check_inner(s, rec, inner, body_len - around);
		if (wrong != NULL)
			return wrong;
		remember(s, SUITE_HDR_LEN + body_len);
		s->opened += SUITE_HDR_LEN + body_len;
		if (journal_behind_update(s->conf.journal, &s->at))
			update_key(s);
	}
	return NULL;
}

const char *
stream_append(struct stream *s, const uint8_t *bytes, uint64_t len)
{
	uint64_t plain_left = s->conf.journal->plain_len - s->opened;
	const char *wrong;

	while (s->len + len > s->cap) {
		s->cap = s->cap == 0 ? 1 << 16 : s->cap * 2;
		s->wire = must(realloc(s->wire, s->cap));
	}
	memcpy(s->wire + s->len, bytes, len);
	s->len += len;
	if (s->opened >= s->conf.journal->plain_len)
		return check_records(s);
	if (len < plain_left)
		plain_left = len;
	wrong = journal_match(s->conf.journal, &s->at, JOURNAL_PLAIN, bytes, plain_left);
	s->opened += plain_left;
	if (wrong != NULL || s->opened == s->len)
		return wrong;
	return check_records(s);
}

bool
stream_holds(const struct stream *s, uint64_t off, const uint8_t *bytes, uint64_t len)
{
	return len == 0 || (off + len <= s->len && memcmp(s->wire + off, bytes, len) == 0);
}

bool
stream_spans_keys(const struct stream *s, uint64_t from_off, uint64_t to_off)
{
	uint64_t low = 0, high = s->nb_updates;

	while (low < high) {
		uint64_t middle = (low + high) / 2;

		if (s->updates[middle] <= from_off)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->nb_updates && s->updates[low] < to_off;
}

const char *
stream_finish(const struct stream *s)
{
	if (s->opened != s->len)
		return "the stream ends inside a record";
	if (journal_next_type(s->conf.journal, &s->at) != -1)
		return "what was accepted was not all sent";
	return NULL;
}

uint32_t
stream_record_before(const struct stream *s, uint64_t off, bool *ends)
{
	uint64_t low = 0, high = s->nb_records;

	while (low < high) {
		uint64_t middle = (low + high) / 2;

		if (s->records[middle].end_off < off)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == s->nb_records)
		return 0;
	*ends = s->records[low].end_off == off;
	return s->records[low].wire_len;
}

void
stream_fini(struct stream *s)
{
	EVP_CIPHER_CTX_free(s->open);
	EVP_CIPHER_CTX_free(s->seal);
	free(s->wire);
	free(s->records);
	free(s->updates);
}
