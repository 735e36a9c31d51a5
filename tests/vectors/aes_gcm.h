/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * AES-128-GCM with 96-bit nonces: test cases 1 to 4 of D. McGrew and J. Viega,
 * "The Galois/Counter Mode of Operation (GCM)", appendix B, as submitted to NIST.
 */
#ifndef RTLS_VECTORS_AES_GCM_H
#define RTLS_VECTORS_AES_GCM_H

/* Bytes as hex text. */
struct aead_vector {
	const char *name;
	const char *key;
	const char *nonce;
	const char *aad;
	const char *plain;
	const char *cipher;
	const char *tag;
};

static const struct aead_vector aes_128_gcm_vectors[] = {
	{
		.name = "test case 1",
		.key = "00000000000000000000000000000000",
		.nonce = "000000000000000000000000",
		.aad = "",
		.plain = "",
		.cipher = "",
		.tag = "58e2fccefa7e3061367f1d57a4e7455a",
	},
	{
		.name = "test case 2",
		.key = "00000000000000000000000000000000",
		.nonce = "000000000000000000000000",
		.aad = "",
		.plain = "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
		.cipher = "03 88 da ce 60 b6 a3 92 f3 28 c2 b9 71 b2 fe 78",
		.tag = "ab6e47d42cec13bdf53a67b21257bddf",
	},
	{
		.name = "test case 3",
		.key = "feffe9928665731c6d6a8f9467308308",
		.nonce = "cafebabefacedbaddecaf888",
		.aad = "",
		.plain = "d9 31 32 25 f8 84 06 e5 a5 59 09 c5 af f5 26 9a 86 a7 a9 53 15 34 f7 da "
			 "2e 4c 30 3d 8a 31 8a 72 1c 3c 0c 95 95 68 09 53 2f cf 0e 24 49 a6 b5 25 "
			 "b1 6a ed f5 aa 0d e6 57 ba 63 7b 39 1a af d2 55",
		.cipher = "42 83 1e c2 21 77 74 24 4b 72 21 b7 84 d0 d4 9c e3 aa 21 2f 2c 02 a4 e0 "
			  "35 c1 7e 23 29 ac a1 2e 21 d5 14 b2 54 66 93 1c 7d 8f 6a 5a ac 84 aa 05 "
			  "1b a3 0b 39 6a 0a ac 97 3d 58 e0 91 47 3f 59 85",
		.tag = "4d5c2af327cd64a62cf35abd2ba6fab4",
	},
	{
		.name = "test case 4",
		.key = "feffe9928665731c6d6a8f9467308308",
		.nonce = "cafebabefacedbaddecaf888",
		.aad = "feedfacedeadbeeffeedfacedeadbeefabaddad2",
		.plain = "d9 31 32 25 f8 84 06 e5 a5 59 09 c5 af f5 26 9a 86 a7 a9 53 15 34 f7 da "
			 "2e 4c 30 3d 8a 31 8a 72 1c 3c 0c 95 95 68 09 53 2f cf 0e 24 49 a6 b5 25 "
			 "b1 6a ed f5 aa 0d e6 57 ba 63 7b 39",
		.cipher = "42 83 1e c2 21 77 74 24 4b 72 21 b7 84 d0 d4 9c e3 aa 21 2f 2c 02 a4 e0 "
			  "35 c1 7e 23 29 ac a1 2e 21 d5 14 b2 54 66 93 1c 7d 8f 6a 5a ac 84 aa 05 "
			  "1b a3 0b 39 6a 0a ac 97 3d 58 e0 91",
		.tag = "5bc94fbc3221a5db94fae95ae7121a47",
	},
};

#endif
