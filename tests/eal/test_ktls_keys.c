/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Keys of the kernels' TLS: in, out, and from one place to another. doc/ktls.md names what each is for. */
#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <linux/tls.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/ktls_bench.h"

/* The kernel's structures, in the manner of the programs that fill them. */
union ktls_any {
	struct tls_crypto_info info;
	struct tls12_crypto_info_aes_gcm_128 gcm128;
	struct tls12_crypto_info_aes_gcm_256 gcm256;
	struct tls12_crypto_info_aes_ccm_128 ccm128;
	struct tls12_crypto_info_chacha20_poly1305 chacha;
	uint8_t bytes[128];
};

#define FILL(field) \
	do { \
		memcpy(out->field.iv, k->iv + sizeof(out->field.salt), sizeof(out->field.iv)); \
		memcpy(out->field.key, k->key, sizeof(out->field.key)); \
		memcpy(out->field.salt, k->iv, sizeof(out->field.salt)); \
		for (int i = 0; i < 8; i++) \
			out->field.rec_seq[i] = (uint8_t)(k->rec_no >> (56 - 8 * i)); \
		return sizeof(out->field); \
	} while (0)

/* Its length; 0: the kernel has none. */
static size_t
fill(const struct rtls_keys *k, union ktls_any *out)
{
	memset(out, 0, sizeof(*out));
	out->info.version = k->version;
	out->info.cipher_type = k->cipher;
	switch (k->cipher) {
	case TLS_CIPHER_AES_GCM_128:
		FILL(gcm128);
	case TLS_CIPHER_AES_GCM_256:
		FILL(gcm256);
	case TLS_CIPHER_AES_CCM_128:
		FILL(ccm128);
	case TLS_CIPHER_CHACHA20_POLY1305:
		FILL(chacha);
	}
	return 0;
}

static bool
same_keys(const struct rtls_keys *a, const struct rtls_keys *b)
{
	return a->version == b->version && a->cipher == b->cipher && a->rec_no == b->rec_no &&
	       memcmp(a->key, b->key, sizeof(a->key)) == 0 &&
	       memcmp(a->iv, b->iv, sizeof(a->iv)) == 0;
}

/* --- setsockopt() -------------------------------------------------------------- */

/* A program's structure seals what the peer, which has never seen one, opens. */
static void
test_from_ktls(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		struct rtls_keys keys, zero = { 0 };
		union ktls_any any;
		size_t len = fill(&b.peer.keys, &any);

		CU_ASSERT_EQUAL(rtls_keys_from_ktls(&any, len, &keys), 0);
		CU_ASSERT(same_keys(&keys, &b.peer.keys));
		CU_ASSERT_EQUAL(rtls_set_keys(b.near, RTLS_TX, &keys), 0);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 1000, 0), 1000);
		ktls_expect_record(&b, RTLS_TYPE_DATA, 0, 1000);
		/* The length is that of the cipher's structure. */
		for (size_t n = 0; n <= sizeof(any); n++) {
			memset(&keys, 0xff, sizeof(keys));
			if (n == len)
				continue;
			CU_ASSERT_EQUAL(rtls_keys_from_ktls(&any, n, &keys), -EINVAL);
			CU_ASSERT(same_keys(&keys, &zero));
		}
		CU_ASSERT_EQUAL(rtls_keys_from_ktls(NULL, len, &keys), -EINVAL);
		CU_ASSERT_EQUAL(rtls_keys_from_ktls(&any, len, NULL), -EINVAL);
	}
}

static const struct refused {
	uint16_t version, cipher;
	int rc;
} refused[] = {
	{ 200, 51, -EINVAL },
	{ 0, 51, -EINVAL },
	{ 0x0300, 51, -EINVAL },
	/* An AEAD needs TLS 1.2. */
	{ 0x0301, 51, -EINVAL },
	{ 0x0301, 54, -EINVAL },
	{ 0x0302, 51, -EINVAL },
	{ 0x0302, 54, -EINVAL },
	{ 0x0305, 51, -EINVAL },
	{ 0xfefd, 51, -EINVAL }, /* DTLS 1.2 */
	{ 0x0303, 0, -EINVAL },
	{ 0x0303, 10, -EINVAL },
	{ 0x0303, 50, -EINVAL },
	{ 0x0303, 59, -EINVAL },
	{ 0x0303, 70, -EINVAL },
	{ 0x0304, 57, -EINVAL }, /* ARIA has no suite in TLS 1.3 */
	{ 0x0304, 58, -EINVAL },
	/* The kernel's, not carried. */
	{ 0x0303, 55, -ENOTSUP },
	{ 0x0303, 56, -ENOTSUP },
	{ 0x0303, 57, -ENOTSUP },
	{ 0x0303, 58, -ENOTSUP },
	{ 0x0304, 55, -ENOTSUP },
	{ 0x0304, 56, -ENOTSUP },
	/* FreeBSD's, or IANA's; what neither has with them is nobody's. */
	{ 0x0301, RTLS_CIPHER_AES_CBC_HMAC, -ENOTSUP },
	{ 0x0302, RTLS_CIPHER_AES_CBC_HMAC, -ENOTSUP },
	{ 0x0303, RTLS_CIPHER_AES_CBC_HMAC, -ENOTSUP },
	{ 0x0300, RTLS_CIPHER_AES_CBC_HMAC, -EINVAL },
	{ 0x0304, RTLS_CIPHER_AES_CBC_HMAC, -EINVAL },
	{ 0x0303, RTLS_CIPHER_AES_CCM_8, -ENOTSUP },
	{ 0x0304, RTLS_CIPHER_AES_CCM_8, -ENOTSUP },
	{ 0x0302, RTLS_CIPHER_AES_CCM_8, -EINVAL },
	{ 0x0303, 1023, -EINVAL },
	{ 0x0303, 1026, -EINVAL },
	{ 0x0304, 65535, -EINVAL },
};

/* Who asks for what nobody knows, or nobody here carries, is told which. */
static void
test_refused(void)
{
	const struct record_suite *s;
	struct rtls_sock *socks[2];
	struct pair p;

	pair_init(&p, NULL);
	pair_connect(&p, 0, socks);
	for (size_t i = 0; i < HARNESS_COUNT(refused); i++) {
		const struct refused *r = &refused[i];
		union ktls_any any = { .info = { .version = r->version,
						 .cipher_type = r->cipher } };
		struct rtls_keys keys = { .version = r->version, .cipher = r->cipher }, out;

		CU_ASSERT_EQUAL(rtls_suite_carried(NULL, r->version, r->cipher), r->rc);
		CU_ASSERT_EQUAL(rtls_suite_carried(p.stack[0], r->version, r->cipher), r->rc);
		CU_ASSERT_EQUAL(rtls_set_keys(socks[0], RTLS_TX, &keys), r->rc);
		CU_ASSERT_EQUAL(rtls_set_keys(socks[1], RTLS_RX, &keys), r->rc);
		CU_ASSERT_EQUAL(rtls_keys_from_ktls(&any, sizeof(any.gcm128), &out), r->rc);
		CU_ASSERT_EQUAL(rtls_keys_to_ktls(&keys, &any, sizeof(any)), r->rc);
		CU_ASSERT_EQUAL(rtls_suite_refusal(r->version, r->cipher) != NULL,
				r->rc == -ENOTSUP);
	}
	for (unsigned int i = 0; (s = record_suite_row(i)) != NULL; i++) {
		CU_ASSERT_EQUAL(rtls_suite_carried(p.stack[0], s->version, s->cipher), 0);
		CU_ASSERT_PTR_NULL(rtls_suite_refusal(s->version, s->cipher));
	}
	/* And the connection is what it was. */
	pair_send(&p, socks[0], "still plain", 11);
	pair_expect(&p, socks[1], "still plain", 11);
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	pair_fini(&p);
}

/* Both directions have one version and one cipher, whichever comes first. */
static void
test_mismatch(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		const struct record_suite *other;

		ktls_keys(&b);
		for (unsigned int i = 0; (other = record_suite_row(i)) != NULL; i++) {
			struct record_peer back = record_peer_make(other->version, other->cipher, 2,
								   0);

			if (other == b.suite)
				continue;
			CU_ASSERT_EQUAL(rtls_set_keys(b.near, RTLS_RX, &back.keys), -EINVAL);
			CU_ASSERT_EQUAL(rtls_set_keys(b.far, RTLS_TX, &back.keys), -EINVAL);
		}
		ktls_keys_back(&b);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 100, 0), 100);
		ktls_expect(&b, 0, 100);
	}
}

/* Keys need a connection: not before it, not on a listener, not after it. */
static void
test_not_connected(void)
{
	struct rtls_addr local = pair_addr(0, 0), remote = pair_addr(1, PAIR_PORT);
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		struct rtls_sock *early = NULL, *accepted;

		CU_ASSERT_EQUAL(rtls_set_keys(b.pair.listener, RTLS_TX, &b.peer.keys), -ENOTCONN);
		CU_ASSERT_EQUAL(rtls_set_keys(b.pair.listener, RTLS_RX, &b.peer.keys), -ENOTCONN);
		CU_ASSERT_EQUAL_FATAL(rtls_connect(b.pair.stack[0], &local, &remote, &early), 0);
		CU_ASSERT_EQUAL(rtls_set_keys(early, RTLS_TX, &b.peer.keys), -ENOTCONN);
		CU_ASSERT_EQUAL(rtls_set_keys(early, RTLS_RX, &b.peer.keys), -ENOTCONN);
		pair_settle(&b.pair);
		CU_ASSERT_EQUAL(rtls_set_keys(early, RTLS_TX, &b.peer.keys), 0);
		CU_ASSERT_EQUAL_FATAL(rtls_accept_burst(b.pair.listener, &accepted, 1), 1);
		CU_ASSERT_EQUAL(rtls_abort(early), 0);
		CU_ASSERT_EQUAL(rtls_set_keys(early, RTLS_RX, &b.peer.keys), -EBADF);
		pair_settle(&b.pair);
		CU_ASSERT_EQUAL(rtls_set_keys(accepted, RTLS_TX, &b.peer.keys), -ENOTCONN);
		CU_ASSERT_EQUAL(rtls_close(accepted), 0);
	}
}

/* --- getsockopt() -------------------------------------------------------------- */

/* What was installed comes out again, in the kernel's structure byte by byte. */
static void
test_get(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		struct rtls_tls_info info = { .size = sizeof(info) };
		union ktls_any expect, get;
		struct rtls_keys keys, zero = { 0 };
		size_t len = fill(&b.peer.keys, &expect);

		CU_ASSERT_EQUAL(rtls_keys_export_dangerous(b.near, RTLS_TX, &keys), -ENOKEY);
		ktls_keys(&b);
		CU_ASSERT_EQUAL(rtls_keys_export_dangerous(b.near, RTLS_RX, &keys), -ENOKEY);
		CU_ASSERT(same_keys(&keys, &zero));
		CU_ASSERT_EQUAL(rtls_tls_info(b.near, RTLS_TX, &info), 0);
		CU_ASSERT(info.version == b.suite->version && info.cipher == b.suite->cipher);
		for (int end = 0; end < 2; end++) {
			CU_ASSERT_EQUAL(rtls_keys_export_dangerous(end == 0 ? b.near : b.far,
								   end == 0 ? RTLS_TX : RTLS_RX,
								   &keys),
					0);
			CU_ASSERT(same_keys(&keys, &b.peer.keys));
		}
		CU_ASSERT_EQUAL(rtls_keys_to_ktls(&keys, NULL, 0), (ssize_t)len);
		memset(&get, 0, sizeof(get));
		CU_ASSERT_EQUAL(rtls_keys_to_ktls(&keys, &get, len), (ssize_t)len);
		CU_ASSERT_EQUAL(memcmp(&get, &expect, sizeof(get)), 0);
		memset(&get, 0, sizeof(get));
		CU_ASSERT_EQUAL(rtls_keys_to_ktls(&keys, &get, sizeof(get)), (ssize_t)len);
		CU_ASSERT_EQUAL(memcmp(&get, &expect, sizeof(get)), 0);
		/* Version and cipher alone. */
		memset(&get, 0, sizeof(get));
		CU_ASSERT_EQUAL(rtls_keys_to_ktls(&keys, &get, sizeof(get.info)), 4);
		CU_ASSERT_EQUAL(memcmp(&get, &expect, 4), 0);
		/* A part of it is none. */
		memset(&get, 0x5a, sizeof(get));
		for (size_t n = 1; n < len; n++)
			if (n != 4)
				CU_ASSERT_EQUAL(rtls_keys_to_ktls(&keys, &get, n), -EINVAL);
		for (size_t n = 0; n < sizeof(get); n++)
			CU_ASSERT_EQUAL(get.bytes[n], 0x5a);
		CU_ASSERT_EQUAL(rtls_keys_to_ktls(&keys, NULL, len), -EINVAL);
		CU_ASSERT_EQUAL(rtls_keys_to_ktls(NULL, &get, len), -EINVAL);
		CU_ASSERT_EQUAL(rtls_keys_export_dangerous(b.near, (enum rtls_dir)2, &keys),
				-EINVAL);
		CU_ASSERT_EQUAL(rtls_keys_export_dangerous(b.near, RTLS_TX, NULL), -EINVAL);
		CU_ASSERT_EQUAL(rtls_keys_export_dangerous(NULL, RTLS_TX, &keys), -EINVAL);
	}
}

/* The peer of what is on the wire from here on: keys as they are exported. */
static int
export_peer(struct ktls_bench *b, int end, struct record_peer *out)
{
	struct rtls_keys keys;
	int rc = rtls_keys_export_dangerous(end == KTLS_NEAR ? b->near : b->far,
					    end == KTLS_NEAR ? RTLS_TX : RTLS_RX, &keys);

	*out = record_peer_from(&keys);
	return rc;
}

/* Number and nonce are those of the next record, by what others seal and open with them. */
static void
test_live(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		struct record_peer tx, rx;

		ktls_keys(&b);
		for (unsigned int i = 0; i < 5; i++) {
			CU_ASSERT_EQUAL(ktls_send(&b, 0, 100, 0), 100);
			CU_ASSERT_EQUAL(export_peer(&b, KTLS_NEAR, &tx), 0);
			CU_ASSERT_EQUAL(tx.keys.rec_no, 8 + i);
			/* Received is what the program has read. */
			pair_settle(&b.pair);
			CU_ASSERT_EQUAL(export_peer(&b, KTLS_FAR, &rx), 0);
			CU_ASSERT_EQUAL(rx.keys.rec_no, 7 + i);
			CU_ASSERT_EQUAL(ktls_recv(&b, 0, 60, 0), 60);
			CU_ASSERT_EQUAL(export_peer(&b, KTLS_FAR, &rx), -EBUSY);
			CU_ASSERT_EQUAL(rx.keys.version, 0);
			CU_ASSERT_EQUAL(ktls_recv(&b, 60, 60, 0), 40);
			CU_ASSERT_EQUAL(export_peer(&b, KTLS_FAR, &rx), 0);
			CU_ASSERT(same_keys(&rx.keys, &tx.keys));
		}
		/* An open record takes the next number: whoever else used it would repeat it. */
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 100, RTLS_MSG_MORE), 100);
		CU_ASSERT_EQUAL(export_peer(&b, KTLS_NEAR, &tx), -EBUSY);
		CU_ASSERT_EQUAL(tx.keys.version, 0);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 0, 0), 0);
		CU_ASSERT_EQUAL(export_peer(&b, KTLS_NEAR, &tx), 0);
		CU_ASSERT_EQUAL(tx.keys.rec_no, 13);
		/* What was looked at waits here, and nowhere else. */
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 100, RTLS_MSG_PEEK), 100);
		CU_ASSERT_EQUAL(export_peer(&b, KTLS_FAR, &rx), -EBUSY);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 100, 0), 100);
		CU_ASSERT_EQUAL(export_peer(&b, KTLS_FAR, &rx), 0);
		CU_ASSERT(same_keys(&rx.keys, &tx.keys));
	}
}

/* --- somebody else carries on ---------------------------------------------------- */

/* Keys out of one connection, in use, go on in another one, both ways. */
static void
test_elsewhere(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		struct rtls_sock *old[2] = { b.near, b.far }, *socks[2];
		struct rtls_keys keys[2][2];
		union ktls_any any;

		ktls_keys(&b);
		ktls_keys_back(&b);
		for (unsigned int i = 0; i < 3; i++) {
			CU_ASSERT_EQUAL(ktls_send(&b, 0, 20000, 0), 20000);
			ktls_expect(&b, 0, 20000);
			pair_send(&b.pair, b.far, b.bytes + 5, 77);
			pair_expect(&b.pair, b.near, b.bytes + 5, 77);
		}
		pair_connect(&b.pair, 0, socks);
		for (int end = 0; end < 2; end++) {
			for (enum rtls_dir d = RTLS_TX; d <= RTLS_RX; d++) {
				struct rtls_keys *k = &keys[end][d];
				ssize_t len;

				CU_ASSERT_EQUAL(rtls_keys_export_dangerous(old[end], d, k), 0);
				len = rtls_keys_to_ktls(k, &any, sizeof(any));
				CU_ASSERT_FATAL(len > 0);
				CU_ASSERT_EQUAL(rtls_keys_from_ktls(&any, (size_t)len, k), 0);
				CU_ASSERT_EQUAL(rtls_set_keys(socks[end], d, k), 0);
			}
			CU_ASSERT_EQUAL(rtls_close(old[end]), 0);
		}
		b.near = socks[KTLS_NEAR];
		b.far = socks[KTLS_FAR];
		CU_ASSERT_EQUAL(ktls_send(&b, 100, 30000, 0), 30000);
		ktls_expect(&b, 100, 30000);
		pair_send(&b.pair, b.far, b.bytes, 999);
		pair_expect(&b.pair, b.near, b.bytes, 999);
	}
}

/* In the middle of a connection the peer takes over what one end has sealed so far, and the other. */
static void
test_by_others(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		struct rtls_sock *socks[2];
		struct rtls_keys keys;

		/* The near end seals; who opens is somebody who got the far end's keys. */
		ktls_keys(&b);
		for (uint32_t off = 0; off < 3000; off += 1000) {
			CU_ASSERT_EQUAL(ktls_send(&b, off, 1000, 0), 1000);
			ktls_expect(&b, off, 1000);
		}
		CU_ASSERT_EQUAL(rtls_keys_export_dangerous(b.far, RTLS_RX, &keys), 0);
		pair_connect(&b.pair, 0, socks);
		b.peer = record_peer_from(&keys);
		CU_ASSERT_EQUAL(rtls_keys_export_dangerous(b.near, RTLS_TX, &keys), 0);
		CU_ASSERT_EQUAL(rtls_set_keys(socks[KTLS_NEAR], RTLS_TX, &keys), 0);
		CU_ASSERT_EQUAL(rtls_close(b.near), 0);
		CU_ASSERT_EQUAL(rtls_close(b.far), 0);
		b.near = socks[KTLS_NEAR];
		b.far = socks[KTLS_FAR];
		CU_ASSERT_EQUAL(ktls_send(&b, 3000, 500, 0), 500);
		ktls_expect_record(&b, RTLS_TYPE_DATA, 3000, 500);
		/* And who seals now is the peer, by keys that the near end gives. */
		CU_ASSERT_EQUAL(rtls_keys_export_dangerous(b.near, RTLS_TX, &keys), 0);
		CU_ASSERT_EQUAL(rtls_close(b.near), 0);
		CU_ASSERT_EQUAL(rtls_close(b.far), 0);
		pair_settle(&b.pair);
		pair_connect(&b.pair, 0, socks);
		b.near = socks[KTLS_NEAR];
		b.far = socks[KTLS_FAR];
		CU_ASSERT_EQUAL(rtls_set_keys(b.far, RTLS_RX, &keys), 0);
		b.peer = record_peer_from(&keys);
		ktls_record(&b, RTLS_TYPE_DATA, 0, 4000, 0);
		ktls_record(&b, RTLS_TYPE_DATA, 4000, 16384, 0);
		ktls_expect(&b, 0, 20384);
	}
}

/* A direction that has ended gives no key for going on. */
static void
test_ended(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		uint8_t wire[RECORD_PEER_WIRE_MAX];
		struct rtls_keys keys;
		uint32_t len;

		ktls_keys_far(&b);
		ktls_record(&b, RTLS_TYPE_DATA, 0, 10, 0);
		len = record_peer_seal(&b.peer, RTLS_TYPE_DATA, b.bytes, 10, 0, wire);
		wire[len - 1] ^= 1;
		ktls_wire(&b, wire, len);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 100, 0), 10);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 100, 0), -EBADMSG);
		CU_ASSERT_EQUAL(rtls_keys_export_dangerous(b.far, RTLS_RX, &keys), -EBADMSG);
		CU_ASSERT_EQUAL(rtls_close(b.far), 0);
		CU_ASSERT_EQUAL(rtls_keys_export_dangerous(b.far, RTLS_RX, &keys), -EBADF);
		CU_ASSERT_EQUAL(keys.version, 0);
		b.far = NULL;
		CU_ASSERT_EQUAL(rtls_keys_export_dangerous(b.pair.listener, RTLS_RX, &keys),
				-ENOKEY);
	}
}

/* --- numbers ------------------------------------------------------------------- */

/* The number 2^64 - 1 is never used, and what comes before is left to control records. */
static void
test_last_number(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		b.peer.keys.rec_no = UINT64_MAX;
		ktls_keys(&b);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 10, 0), -EKEYEXPIRED);
		CU_ASSERT_EQUAL(ktls_send_typed(&b, RTLS_TYPE_ALERT, 0, 2, 0), -EKEYEXPIRED);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 10, 0), -EAGAIN);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "keys from the kernel's structures", test_from_ktls },
		{ "what is not carried", test_refused },
		{ "one suite in both directions", test_mismatch },
		{ "without a connection", test_not_connected },
		{ "keys as getsockopt gives them", test_get },
		{ "live number and nonce", test_live },
		{ "on another connection", test_elsewhere },
		{ "in other hands", test_by_others },
		{ "a direction that has ended", test_ended },
		{ "the last record number", test_last_number },
	};

	if (eal_start("test-ktls-keys") != 0)
		return 1;
	return harness_run("eal/ktls_keys", cases, HARNESS_COUNT(cases));
}
