/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The OpenSSL adapter, as server and as client, over a socket that takes what it likes
 * (support/fake_sock), with libssl at the far end. The network delivers any number of bytes at a
 * time, and changes, drops, repeats and invents some; both programs write, read, update keys and
 * close when they like. Whatever happens: what is read at either end is a prefix of what was
 * written at the other, and no byte of a program is on the wire in clear.
 *
 * Input: which suite and role, then a row of steps.
 */

/* The random numbers of libssl are ours, so that an input does the same again. */
#define OPENSSL_SUPPRESS_DEPRECATED
#define _GNU_SOURCE /* memmem */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <recordtls/io.h>
#include <recordtls/openssl.h>

#include "fuzz/fuzz.h"
#include "support/fake_sock.h"
#include "support/harness.h"

enum {
	STEPS_MAX = 300,
	WRITE_MAX = 20000,
	BLOCK = 16, /* of what a program writes: a word, and where it is in the stream */
	CTXS = 6,
};

/* How a connection can be: handed over, kept by libssl, taken over. */
static const struct setup {
	int version;
	const char *suites;
	bool carries_one;
	uint8_t mfl; /* what the client asks for, RFC 6066 */
	uint16_t fragment;
	bool hears; /* rtls_ssl_record_limit() was called */
} setups[CTXS] = {
	{ .version = TLS1_3_VERSION, .suites = "TLS_AES_128_GCM_SHA256" },
	{ .version = TLS1_3_VERSION, .suites = "TLS_AES_256_GCM_SHA384", .carries_one = true },
	{ .version = TLS1_2_VERSION },
	{ .version = TLS1_3_VERSION,
	  .suites = "TLS_CHACHA20_POLY1305_SHA256",
	  .mfl = TLSEXT_max_fragment_length_512,
	  .hears = true },
	{ .version = TLS1_2_VERSION,
	  .suites = "ECDHE-ECDSA-AES128-GCM-SHA256",
	  .mfl = TLSEXT_max_fragment_length_1024 },
	{ .version = TLS1_3_VERSION,
	  .suites = "TLS_AES_128_CCM_SHA256",
	  .fragment = 700,
	  .hears = true },
};

static const char word[8] = { 'C', 'L', 'E', 'A', 'R', 'T', 'X', 'T' };

/* One end's program. */
struct program {
	SSL *ssl;
	uint64_t written; /* accepted */
	uint64_t got;     /* read of what the other wrote */
	size_t pending;   /* bytes of a write that is to be repeated; 0: none */
};

static struct world {
	struct rtls_sock sock;
	struct program near, far;
} w;

static SSL_CTX *server_ctx[CTXS], *client_ctx[CTXS];
static uint64_t rand_state;

/* --- random numbers, certificate, contexts --------------------------------------- */

static int
rand_fill(unsigned char *buf, int n)
{
	while (n-- > 0)
		*buf++ = (unsigned char)harness_rand(&rand_state);
	return 1;
}

static int
rand_ready(void)
{
	return 1;
}

static void
use_identity(SSL_CTX *ctx)
{
	static X509 *cert;
	static EVP_PKEY *key;
	X509_NAME *name;

	if (cert == NULL) {
		key = EVP_EC_gen("P-256");
		cert = X509_new();
		FUZZ_CHECK(key != NULL && cert != NULL);
		name = X509_get_subject_name(cert);
		/* Dates that stay, for the same bytes at every start. */
		FUZZ_CHECK(X509_set_version(cert, X509_VERSION_3) &&
			   ASN1_TIME_set_string(X509_getm_notBefore(cert), "20200101000000Z") &&
			   ASN1_TIME_set_string(X509_getm_notAfter(cert), "21000101000000Z") &&
			   X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
						      (const unsigned char *)"fuzz", -1, -1, 0) &&
			   X509_set_issuer_name(cert, name) && X509_set_pubkey(cert, key) &&
			   X509_sign(cert, key, EVP_sha256()) != 0);
	}
	FUZZ_CHECK(SSL_CTX_use_certificate(ctx, cert) && SSL_CTX_use_PrivateKey(ctx, key));
}

static SSL_CTX *
make_ctx(bool server, int i)
{
	const struct setup *s = &setups[i];
	SSL_CTX *ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());

	FUZZ_CHECK(ctx != NULL && SSL_CTX_set_min_proto_version(ctx, s->version) &&
		   SSL_CTX_set_max_proto_version(ctx, s->version));
	FUZZ_CHECK(s->suites == NULL ||
		   (s->version == TLS1_3_VERSION ? SSL_CTX_set_ciphersuites(ctx, s->suites) :
						   SSL_CTX_set_cipher_list(ctx, s->suites)));
	FUZZ_CHECK(server || s->mfl == 0 || SSL_CTX_set_tlsext_max_fragment_length(ctx, s->mfl));
	FUZZ_CHECK(s->fragment == 0 || SSL_CTX_set_max_send_fragment(ctx, s->fragment));
	FUZZ_CHECK(!s->hears || rtls_ssl_record_limit(ctx, 0) == 0);
	SSL_CTX_set_mode(ctx, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	if (server)
		use_identity(ctx);
	return ctx;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const RAND_METHOD method = { .bytes = rand_fill,
					    .pseudorand = rand_fill,
					    .status = rand_ready };

	(void)argc;
	(void)argv;
	FUZZ_CHECK(RAND_set_rand_method(&method) == 1);
	for (int i = 0; i < CTXS; i++) {
		server_ctx[i] = make_ctx(true, i);
		client_ctx[i] = make_ctx(false, i);
	}
	FUZZ_CHECK(rtls_ssl_selftest() == 0);
	return 0;
}

/* --- the programs ---------------------------------------------------------------- */

static uint8_t
text_byte(uint64_t off)
{
	uint64_t i = off % BLOCK;

	if (i < sizeof(word))
		return (uint8_t)word[i];
	return (uint8_t)((off / BLOCK) >> (8 * (i - sizeof(word))));
}

static void
step_write(struct fuzz_in *in, struct program *p)
{
	static uint8_t buf[WRITE_MAX];
	size_t len = p->pending, n = 0;

	if (len == 0) {
		uint8_t how = fuzz_u8(in);

		len = 1 + (how & 1 ? fuzz_u16(in) % WRITE_MAX : how);
	}
	for (size_t i = 0; i < len; i++)
		buf[i] = text_byte(p->written + i);
	p->pending = 0;
	if (SSL_write_ex(p->ssl, buf, len, &n)) {
		FUZZ_CHECK(n > 0 && n <= len && SSL_is_init_finished(p->ssl));
		p->written += n;
	} else {
		p->pending = len;
	}
	/* The old bytes must not be looked at again. */
	memset(buf, 0xee, len);
	ERR_clear_error();
}

static void
step_read(struct fuzz_in *in, struct program *p, const struct program *from)
{
	static uint8_t buf[WRITE_MAX];
	size_t n = 0, len = 1 + fuzz_u16(in) % WRITE_MAX;

	if (SSL_read_ex(p->ssl, buf, len, &n)) {
		/* TLS 1.2's far end counts a write only when all of it has gone. */
		FUZZ_CHECK(p->got + n <= from->written + from->pending);
		for (size_t i = 0; i < n; i++)
			FUZZ_CHECK(buf[i] == text_byte(p->got + i));
		p->got += n;
	}
	ERR_clear_error();
}

/* The near program by the adapter's own calls, whoever seals. */
static void
step_send(struct fuzz_in *in)
{
	static uint8_t buf[WRITE_MAX];
	uint8_t how = fuzz_u8(in);
	size_t len = 1 + (how & 1 ? fuzz_u16(in) % WRITE_MAX : how);
	ssize_t n;

	for (size_t i = 0; i < len; i++)
		buf[i] = text_byte(w.near.written + i);
	n = rtls_ssl_send(w.near.ssl, buf, len, how & 2 ? RTLS_MSG_MORE : 0);
	FUZZ_CHECK(n != 0 && n <= (ssize_t)len);
	/* Behind bytes of an SSL_write() that is to be repeated the far end would see it. */
	FUZZ_CHECK(n < 0 || SSL_is_init_finished(w.near.ssl));
	if (n > 0)
		w.near.written += (uint64_t)n;
	memset(buf, 0xee, len);
	ERR_clear_error();
}

static void
step_recv(struct fuzz_in *in)
{
	static uint8_t buf[WRITE_MAX];
	uint16_t how = fuzz_u16(in);
	size_t len = 1 + how % WRITE_MAX;
	bool peek = (how & 0xc000) == 0xc000;
	ssize_t n = rtls_ssl_recv(w.near.ssl, buf, len, peek ? RTLS_MSG_PEEK : 0);

	FUZZ_CHECK(n <= (ssize_t)len);
	if (n > 0)
		FUZZ_CHECK(w.near.got + (uint64_t)n <= w.far.written + w.far.pending);
	for (ssize_t i = 0; i < n; i++)
		FUZZ_CHECK(buf[i] == text_byte(w.near.got + (uint64_t)i));
	if (n > 0 && !peek)
		w.near.got += (uint64_t)n;
	ERR_clear_error();
}

static void
step_service(void)
{
	struct rtls_ssl_status st = { .size = sizeof(st) };
	int rc;

	ERR_clear_error();
	rc = rtls_ssl_service(w.near.ssl);
	FUZZ_CHECK(rc <= 0);
	FUZZ_CHECK(rc != 0 || SSL_is_init_finished(w.near.ssl));
	FUZZ_CHECK(ERR_peek_error() == 0);
	FUZZ_CHECK(rtls_ssl_status(w.near.ssl, &st) == 0);
	FUZZ_CHECK(!st.tx_handed_over || w.sock.tx.epoch > 0);
	FUZZ_CHECK(st.tx_handed_over || st.tx_reason != NULL);
	FUZZ_CHECK(st.rx_handed_over || st.rx_reason != NULL);
}

/* --- the network ----------------------------------------------------------------- */

static void
check_clear(void)
{
	FUZZ_CHECK(w.sock.out.len < sizeof(word) ||
		   memmem(w.sock.out.buf, w.sock.out.len, word, sizeof(word)) == NULL);
}

/* What a man in the middle does to n bytes; returns how many go on. */
static size_t
meddle(struct fuzz_in *in, uint8_t how, uint8_t *bytes, size_t n)
{
	size_t at;

	if (n == 0 || (how & 0x30) == 0)
		return n;
	at = fuzz_u16(in) % n;
	switch (how >> 4 & 3) {
	case 1:
		bytes[at] ^= (uint8_t)(1 << (how >> 6));
		return n;
	case 2: /* these bytes are lost */
		return at;
	default: /* or others stand there */
		fuzz_copy(in, bytes + at, n - at < 8 ? n - at : 8);
		return n;
	}
}

static size_t
draw_len(struct fuzz_in *in, uint8_t how)
{
	return how & 1 ? SIZE_MAX : how & 2 ? 1 + fuzz_u8(in) % 16 : fuzz_u16(in);
}

static void
step_to_far(struct fuzz_in *in)
{
	uint8_t how = fuzz_u8(in);
	size_t n = draw_len(in, how), kept;

	check_clear();
	if (n > w.sock.out.len)
		n = w.sock.out.len;
	kept = meddle(in, (how & 0xc) == 0xc ? how : 0, w.sock.out.buf, n);
	if (kept > 0)
		BIO_write(SSL_get_rbio(w.far.ssl), w.sock.out.buf, (int)kept);
	fake_bytes_drop(&w.sock.out, n);
}

static void
step_to_near(struct fuzz_in *in)
{
	uint8_t how = fuzz_u8(in), chunk[4096];
	size_t n = draw_len(in, how);
	int got;

	while (n > 0) {
		got = BIO_read(SSL_get_wbio(w.far.ssl), chunk,
			       n < sizeof(chunk) ? (int)n : (int)sizeof(chunk));
		if (got <= 0)
			return;
		n -= (size_t)got;
		fake_bytes_add(&w.sock.in, chunk,
			       meddle(in, (how & 0xc) == 0xc ? how : 0, chunk, (size_t)got));
	}
}

static void
step_invent(struct fuzz_in *in)
{
	uint8_t how = fuzz_u8(in), content[16];
	size_t n;
	const uint8_t *p;

	if (how & 1 && w.sock.rx.epoch > 0) {
		/* With the right keys, as only the far end itself could. */
		fuzz_copy(in, content, sizeof(content));
		n = how % (sizeof(content) + 1);
		fake_sock_inject(&w.sock, how & 2 ? 22 : 21, content, n);
		return;
	}
	p = fuzz_bytes(in, how % 32, &n);
	fake_bytes_add(&w.sock.in, p, n);
}

static void
step_socket(struct fuzz_in *in)
{
	static const int errors[] = { 0, 0, 0, ECONNRESET, EPIPE, ETIMEDOUT };
	uint8_t how = fuzz_u8(in);

	w.sock.refuse_of_16 = how & 15;
	w.sock.short_of_16 = how >> 4;
	how = fuzz_u8(in);
	w.sock.keys_refuse_of_16 = how & 7;
	w.sock.blocked = (how & 24) == 24;
	if ((how & 0xe0) == 0xe0)
		w.sock.tx_errno = errors[fuzz_below(in, 6)];
	if ((how & 0xe0) == 0xc0)
		w.sock.fin = true;
}

static void
step(struct fuzz_in *in)
{
	uint8_t what = fuzz_u8(in);

	switch (what % 16) {
	case 0:
	case 1:
		step_service();
		break;
	case 2:
		SSL_do_handshake(w.far.ssl);
		break;
	case 3:
	case 4:
		step_to_far(in);
		break;
	case 5:
	case 6:
		step_to_near(in);
		break;
	case 7:
		if (what & 0x80)
			step_send(in);
		else
			step_write(in, &w.near);
		break;
	case 8:
		if (what & 0x80)
			step_recv(in);
		else
			step_read(in, &w.near, &w.far);
		break;
	case 9:
		step_write(in, &w.far);
		break;
	case 10:
		step_read(in, &w.far, &w.near);
		break;
	case 11:
		step_socket(in);
		break;
	case 12:
		if (fuzz_u8(in) & 1)
			rtls_ssl_key_update(w.near.ssl, fuzz_u8(in) & 1);
		else if (w.far.pending == 0)
			SSL_key_update(w.far.ssl, fuzz_u8(in) & 1);
		break;
	case 13:
		if (fuzz_u8(in) & 1)
			SSL_shutdown(w.near.ssl);
		else
			SSL_shutdown(w.far.ssl);
		break;
	case 14:
		step_invent(in);
		break;
	case 15: /* a handshake as it should be, up to here */
		for (int i = 0; i < 4; i++) {
			static const uint8_t all = 1;
			struct fuzz_in whole = { &all, 1 };

			step_service();
			step_to_far(&whole);
			SSL_do_handshake(w.far.ssl);
			whole = (struct fuzz_in){ &all, 1 };
			step_to_near(&whole);
		}
		break;
	}
	ERR_clear_error();
	check_clear();
}

/* --- one run --------------------------------------------------------------------- */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	uint8_t how = fuzz_u8(&in);
	/* What is handed over more often than each of the others. */
	static const int ctxs[] = { 0, 0, 0, 3, 4, 5, 1, 2 };
	int ctx = ctxs[how / 2 % 8];
	bool server = how & 1;

	rand_state = how >> 4;
	fake_sock_init(&w.sock, how);
	w.sock.carries_one = setups[ctx].carries_one;
	memset(&w.near, 0, sizeof(w.near));
	memset(&w.far, 0, sizeof(w.far));
	w.near.ssl = SSL_new(server ? server_ctx[ctx] : client_ctx[ctx]);
	w.far.ssl = SSL_new(server ? client_ctx[ctx] : server_ctx[ctx]);
	FUZZ_CHECK(w.near.ssl != NULL && w.far.ssl != NULL);
	FUZZ_CHECK(rtls_ssl_attach(w.near.ssl, &w.sock, RTLS_SSL_TRANSPARENT) == 0);
	SSL_set_bio(w.far.ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	BIO_set_mem_eof_return(SSL_get_rbio(w.far.ssl), -1);
	if (server) {
		SSL_set_accept_state(w.near.ssl);
		SSL_set_connect_state(w.far.ssl);
	} else {
		SSL_set_connect_state(w.near.ssl);
		SSL_set_accept_state(w.far.ssl);
	}
	for (int i = 0; i < STEPS_MAX && in.left > 0; i++)
		step(&in);
	SSL_free(w.near.ssl);
	SSL_free(w.far.ssl);
	fake_sock_fini(&w.sock);
	ERR_clear_error();
	return 0;
}
