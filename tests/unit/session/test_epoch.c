/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Epochs of a direction: places, what is wiped and when, and the keys back from one. */
#include "session/epoch.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/keystream.h"
#include "support/harness.h"
#include "unit/session/shared.h"

/* No suite of the library's has its nonce on the wire yet. */
static const struct record_suite EXPLICIT = {
	.version = RTLS_TLS_1_2, .cipher = 99, .key_len = 16, .explicit_nonce_len = 8
};

static struct epochs all;
static struct flaky flaky;

static const struct record_suite *
tls13(void)
{
	return record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128);
}

static struct crypto_key *
new_key(enum crypto_dir dir, const uint8_t *bytes)
{
	struct crypto_key *key = NULL;

	CU_ASSERT_EQUAL_FATAL(flaky.provider.key_create(&flaky.provider, tls13(), dir, bytes, &key),
			      0);
	return key;
}

static void
begin(void)
{
	shared_begin(&flaky);
	all = (struct epochs){ .pool = &shared.epochs };
}

static bool
is_zero(const void *at, size_t len)
{
	const uint8_t *bytes = at;

	for (size_t i = 0; i < len; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

/* The next key of a direction, in the place that there is. */
static struct session_epoch *
install_for(struct epochs *of, const struct record_suite *s, unsigned int n, uint64_t rec_no)
{
	struct peer p = peer_key(n, rec_no);
	struct rtls_keys keys = peer_keys(&p);
	struct session_epoch *e = epochs_place(of);

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT(is_zero(e, sizeof(*e)));
	epochs_install(of, e, s, &keys, new_key(CRYPTO_SEAL, keys.key));
	return e;
}

static struct session_epoch *
install(const struct record_suite *s, unsigned int n, uint64_t rec_no)
{
	return install_for(&all, s, n, rec_no);
}

/* Five at once; each has its number, and the newest is in force. */
static void
test_places(void)
{
	struct session_epoch *e[EPOCHS_MAX];

	begin();
	CU_ASSERT_PTR_NULL(all.now);
	for (uint32_t i = 0; i < EPOCHS_MAX; i++) {
		e[i] = install(tls13(), i, 0);
		CU_ASSERT_PTR_EQUAL(all.now, e[i]);
		CU_ASSERT_EQUAL(all.nb_keys, i + 1);
		for (uint32_t j = 0; j <= i; j++) {
			CU_ASSERT_EQUAL(e[j]->no, j + 1);
			CU_ASSERT(j == i || e[j] != e[i]);
			CU_ASSERT_PTR_EQUAL(session_epoch_of(&e[j]->core), e[j]);
		}
	}
	CU_ASSERT_EQUAL(EPOCHS_MAX, 5);
	CU_ASSERT_PTR_NULL(epochs_place(&all));
	/* Whichever goes first makes room, and numbers go on. */
	for (uint32_t i = 0; i < EPOCHS_MAX - 1; i++) {
		CU_ASSERT(!epochs_have_place(&all));
		session_epoch_wipe(&all, e[(i + 2) % (EPOCHS_MAX - 1)], &flaky.provider);
		CU_ASSERT(epochs_have_place(&all));
		CU_ASSERT_EQUAL(install(tls13(), 9, 0)->no, EPOCHS_MAX + i + 1);
		CU_ASSERT_PTR_NULL(epochs_place(&all));
	}
	epochs_fini(&all, &flaky.provider);
	CU_ASSERT_EQUAL(flaky.keys, 0);
	all.pool = NULL;
	CU_ASSERT(is_zero(&all, sizeof(all)));
}

/* Of a key nothing stays in memory, and no other is touched. */
static void
test_wiped(void)
{
	for (int undo = 0; undo < 2; undo++) {
		struct session_epoch *e[3], other;

		begin();
		for (unsigned int i = 0; i < 3; i++)
			e[i] = install(tls13(), i, 7);
		e[1]->core.records = 3;
		e[1]->rx.generation = 5;
		e[1]->rx.vouched_no = 9;
		e[1]->rx.marks_open = e[1]->rx.opened = true;
		if (undo)
			CU_ASSERT_EQUAL(keystream_create(tls13(), e[1]->secret, &e[1]->undo), 0);
		other = *e[2];
		session_epoch_wipe(&all, e[1], &flaky.provider);
		CU_ASSERT(is_zero(e[1], sizeof(*e[1])));
		CU_ASSERT_EQUAL(memcmp(e[2], &other, sizeof(other)), 0);
		CU_ASSERT_EQUAL(flaky.keys, 2);
		epochs_fini(&all, &flaky.provider);
		CU_ASSERT_EQUAL(flaky.keys, 0);
	}
}

/* Who may be wiped without lib/stack: old, there, and in no state of its. */
static void
test_unstepped(void)
{
	struct session_epoch *old, *now;

	begin();
	old = epochs_place(&all);
	CU_ASSERT_FALSE(session_epoch_unstepped(&all, old));
	session_epoch_wipe(&all, old, &flaky.provider);
	old = install(tls13(), 0, 0);
	CU_ASSERT_FALSE(session_epoch_unstepped(&all, old));
	now = install(tls13(), 1, 0);
	for (int s = EPOCH_GONE; s <= EPOCH_DRAINING; s++) {
		old->core.state = (uint8_t)s;
		CU_ASSERT_EQUAL(session_epoch_unstepped(&all, old), s == EPOCH_GONE);
		CU_ASSERT_FALSE(session_epoch_unstepped(&all, now));
	}
	epochs_fini(&all, &flaky.provider);
}

/*
 * A direction always gets the epoch in force and one that drains. What directions have above that
 * they share: where others have all of it there is no place until one of its own goes, or one of
 * theirs.
 */
static void
test_beyond(void)
{
	struct epochs near = { 0 }, far = { 0 };
	uint32_t beyond = 0, before = shared.epochs.max_beyond;
	struct session_epoch *e;

	shared.epochs.max_beyond = 4;
	begin();
	near.pool = far.pool = &shared.epochs;
	while (epochs_have_place(&near))
		install_for(&near, tls13(), beyond++, 0);
	CU_ASSERT_EQUAL(beyond, EPOCHS_MAX);
	for (uint32_t i = 0; i < EPOCHS_OWN + 1; i++)
		install_for(&far, tls13(), i, 0);
	CU_ASSERT(!epochs_have_place(&far));
	CU_ASSERT_PTR_NULL(epochs_place(&far));
	for (uint32_t i = 0; i < EPOCHS_OWN; i++)
		install(tls13(), i, 0);
	CU_ASSERT(!epochs_have_place(&all));
	/* Of another's own nothing is to be had, but what it had above that. */
	session_epoch_wipe(&all, all.of[0], &flaky.provider);
	CU_ASSERT(!epochs_have_place(&far));
	CU_ASSERT(epochs_have_place(&all));
	session_epoch_wipe(&near, near.of[0], &flaky.provider);
	CU_ASSERT(epochs_have_place(&far));
	e = epochs_place(&far);
	CU_ASSERT_PTR_NOT_NULL(e);
	CU_ASSERT(!epochs_have_place(&near));
	session_epoch_wipe(&far, e, &flaky.provider); /* no key was installed in it */
	CU_ASSERT(epochs_have_place(&near));
	epochs_fini(&near, &flaky.provider);
	epochs_fini(&far, &flaky.provider);
	epochs_fini(&all, &flaky.provider);
	CU_ASSERT_EQUAL(shared.epochs.nb_beyond, 0);
	CU_ASSERT_EQUAL(flaky.keys, 0);
	CU_ASSERT_EQUAL(session_shared_in_use(&shared), 0);
	shared.epochs.max_beyond = before;
}

/* RFC 5288 3: salt, and what the sender counts on from the IV that was installed. */
static void
counted(const uint8_t iv[12], uint64_t steps, uint8_t out[12])
{
	uint64_t low = 0;

	for (int i = 4; i < 12; i++)
		low = low << 8 | iv[i];
	memcpy(out, iv, 4);
	peer_be64(out + 4, low + steps);
}

/* RFC 8446 5.3: the number, padded to the left, xor the IV. */
static void
xored(const uint8_t iv[12], uint64_t rec_no, uint8_t out[12])
{
	uint8_t no[8];

	peer_be64(no, rec_no);
	memcpy(out, iv, 12);
	for (int i = 0; i < 8; i++)
		out[4 + i] ^= no[i];
}

/*
 * Keys installed at record first, and handed on at record at: whoever installs these seals record n
 * as who had the first ones.
 */
static void
keys_back(const struct record_suite *s, uint64_t first, uint64_t at, uint64_t n)
{
	struct peer p = peer_key(3, first);
	struct rtls_keys back;
	uint8_t base[12], nonce[12], want[12];
	struct session_epoch *e;

	begin();
	e = install(s, 3, first);
	memset(&back, 0xa5, sizeof(back));
	session_epoch_keys(e, at, &back);
	CU_ASSERT_EQUAL(back.version, s->version);
	CU_ASSERT_EQUAL(back.cipher, s->cipher);
	CU_ASSERT_EQUAL(back.rec_no, at);
	CU_ASSERT_EQUAL(memcmp(back.key, p.key, 16), 0);
	CU_ASSERT(is_zero(back.key + 16, sizeof(back.key) - 16));
	record_iv_base(s, back.iv, back.rec_no, base);
	record_nonce(s, base, n, nonce);
	if (s->explicit_nonce_len != 0)
		counted(p.iv, n - first, want);
	else
		xored(p.iv, n, want);
	CU_ASSERT_EQUAL(memcmp(nonce, want, sizeof(want)), 0);
	/* At the number that it was installed with it is what was installed. */
	session_epoch_keys(e, first, &back);
	CU_ASSERT_EQUAL(memcmp(back.iv, p.iv, sizeof(p.iv)), 0);
	epochs_fini(&all, &flaky.provider);
}

static void
test_keys_back(void)
{
	static const uint64_t edges[] = {
		0, 1, 255, 256, UINT32_MAX, 1ull << 32, UINT64_MAX - 1, UINT64_MAX
	};
	uint64_t luck = harness_seed();

	for (size_t i = 0; i < HARNESS_COUNT(edges); i++)
		for (size_t j = 0; j < HARNESS_COUNT(edges); j++) {
			keys_back(tls13(), edges[i], edges[j], edges[j]);
			keys_back(&EXPLICIT, edges[i], edges[j], edges[j]);
		}
	for (int i = 0; i < 2000; i++)
		keys_back(i % 2 == 0 ? tls13() : &EXPLICIT, harness_rand(&luck),
			  harness_rand(&luck), harness_rand(&luck));
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "five places", test_places },
		{ "nothing stays of a key", test_wiped },
		{ "what directions share", test_beyond },
		{ "who may be wiped unseen", test_unstepped },
		{ "the keys back, at any record", test_keys_back },
	};

	return shared_start("session-epoch") ?
		       harness_run("session/epoch", cases, HARNESS_COUNT(cases)) :
		       EXIT_FAILURE;
}
