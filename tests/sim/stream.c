/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/stream.h"

#include <stdlib.h>
#include <string.h>

enum {
	HDR_LEN = 5,
	TAG_LEN = 16,
	BODY_MAX = (1 << 14) + 256, /* RFC 8446 5.2 */
};

static void *
must(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

static void
take_key(struct stream *s, const struct sim_key *key)
{
	s->key = *key;
	s->key_records = s->nb_records;
	if (EVP_DecryptInit_ex2(s->open, EVP_aes_128_gcm(), key->key, NULL, NULL) != 1 ||
	    EVP_EncryptInit_ex2(s->seal, EVP_aes_128_gcm(), key->key, NULL, NULL) != 1)
		abort();
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

/* RFC 8446 5.3: the number, big endian, on the right end of the IV. */
static void
nonce_of(const struct stream *s, uint8_t nonce[12])
{
	uint64_t rec_no = next_rec_no(s);

	memcpy(nonce, s->key.iv, 12);
	for (int i = 0; i < 8; i++)
		nonce[11 - i] ^= (uint8_t)(rec_no >> 8 * i);
}

/* Opens a record into inner and seals that again; false: either does not fit. */
static bool
open_and_seal(struct stream *s, const uint8_t *rec, uint8_t *inner, uint32_t inner_len)
{
	const uint8_t *body = rec + HDR_LEN;
	uint8_t nonce[12], tag[TAG_LEN], sealed[BODY_MAX];
	int n;

	nonce_of(s, nonce);
	memcpy(tag, body + inner_len, TAG_LEN);
	if (EVP_DecryptInit_ex2(s->open, NULL, NULL, nonce, NULL) != 1 ||
	    EVP_DecryptUpdate(s->open, NULL, &n, rec, HDR_LEN) != 1 ||
	    EVP_DecryptUpdate(s->open, inner, &n, body, (int)inner_len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(s->open, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) != 1 ||
	    EVP_DecryptFinal_ex(s->open, inner + inner_len, &n) != 1)
		return false;
	if (EVP_EncryptInit_ex2(s->seal, NULL, NULL, nonce, NULL) != 1 ||
	    EVP_EncryptUpdate(s->seal, NULL, &n, rec, HDR_LEN) != 1 ||
	    EVP_EncryptUpdate(s->seal, sealed, &n, inner, (int)inner_len) != 1 ||
	    EVP_EncryptFinal_ex(s->seal, sealed + inner_len, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(s->seal, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, tag) != 1)
		abort();
	return memcmp(sealed, body, inner_len) == 0 && memcmp(tag, body + inner_len, TAG_LEN) == 0;
}

/* The opened record against the journal: NULL, or what is wrong. */
static const char *
check_inner(struct stream *s, const uint8_t *inner, uint32_t len)
{
	const struct journal *j = s->conf.journal;
	const char *wrong;
	uint64_t end_off;
	uint8_t type;

	/* RFC 8446 5.4: zeros behind the type are padding. */
	while (len > 0 && inner[len - 1] == 0)
		len--;
	if (len < 2)
		return "a record without content";
	type = inner[--len];
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

static const char *
check_records(struct stream *s)
{
	uint8_t inner[BODY_MAX];
	const uint8_t *rec;
	const char *wrong;
	uint32_t body_len;

	while (s->len - s->opened >= HDR_LEN) {
		rec = s->wire + s->opened;
		body_len = (uint32_t)rec[3] << 8 | rec[4];
		if (rec[0] != 0x17 || rec[1] != 0x03 || rec[2] != 0x03 || body_len > BODY_MAX ||
		    body_len <= TAG_LEN)
			return "no record header where one must be";
		if (s->len - s->opened < HDR_LEN + body_len)
			return NULL;
		if (!open_and_seal(s, rec, inner, body_len - TAG_LEN))
			return "a record that OpenSSL does not seal so";
		wrong = check_inner(s, inner, body_len - TAG_LEN);
		if (wrong != NULL)
			return wrong;
		remember(s, HDR_LEN + body_len);
		s->opened += HDR_LEN + body_len;
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
