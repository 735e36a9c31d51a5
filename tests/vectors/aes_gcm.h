/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * AES-GCM with 96-bit nonces: test cases 1 to 4 and 13 to 16 of D. McGrew and J. Viega,
 * "The Galois/Counter Mode of Operation (GCM)", appendix B, as submitted to NIST.
 */
#ifndef RTLS_VECTORS_AES_GCM_H
#define RTLS_VECTORS_AES_GCM_H

#include "vectors/aead_vector.h"

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

static const struct aead_vector aes_256_gcm_vectors[] = {
	{
		.name = "test case 13",
		.key = "0000000000000000000000000000000000000000000000000000000000000000",
		.nonce = "000000000000000000000000",
		.aad = "",
		.plain = "",
		.cipher = "",
		.tag = "530f8afbc74536b9a963b4f1c4cb738b",
	},
	{
		.name = "test case 14",
		.key = "0000000000000000000000000000000000000000000000000000000000000000",
		.nonce = "000000000000000000000000",
		.aad = "",
		.plain = "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
		.cipher = "ce a7 40 3d 4d 60 6b 6e 07 4e c5 d3 ba f3 9d 18",
		.tag = "d0d1c8a799996bf0265b98b5d48ab919",
	},
	{
		.name = "test case 15",
		.key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
		.nonce = "cafebabefacedbaddecaf888",
		.aad = "",
		.plain = "d9 31 32 25 f8 84 06 e5 a5 59 09 c5 af f5 26 9a 86 a7 a9 53 15 34 f7 da "
			 "2e 4c 30 3d 8a 31 8a 72 1c 3c 0c 95 95 68 09 53 2f cf 0e 24 49 a6 b5 25 "
			 "b1 6a ed f5 aa 0d e6 57 ba 63 7b 39 1a af d2 55",
		.cipher = "52 2d c1 f0 99 56 7d 07 f4 7f 37 a3 2a 84 42 7d 64 3a 8c dc bf e5 c0 c9 "
			  "75 98 a2 bd 25 55 d1 aa 8c b0 8e 48 59 0d bb 3d a7 b0 8b 10 56 82 88 38 "
			  "c5 f6 1e 63 93 ba 7a 0a bc c9 f6 62 89 80 15 ad",
		.tag = "b094dac5d93471bdec1a502270e3cc6c",
	},
	{
		.name = "test case 16",
		.key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
		.nonce = "cafebabefacedbaddecaf888",
		.aad = "feedfacedeadbeeffeedfacedeadbeefabaddad2",
		.plain = "d9 31 32 25 f8 84 06 e5 a5 59 09 c5 af f5 26 9a 86 a7 a9 53 15 34 f7 da "
			 "2e 4c 30 3d 8a 31 8a 72 1c 3c 0c 95 95 68 09 53 2f cf 0e 24 49 a6 b5 25 "
			 "b1 6a ed f5 aa 0d e6 57 ba 63 7b 39",
		.cipher = "52 2d c1 f0 99 56 7d 07 f4 7f 37 a3 2a 84 42 7d 64 3a 8c dc bf e5 c0 c9 "
			  "75 98 a2 bd 25 55 d1 aa 8c b0 8e 48 59 0d bb 3d a7 b0 8b 10 56 82 88 38 "
			  "c5 f6 1e 63 93 ba 7a 0a bc c9 f6 62",
		.tag = "76fc6ece0f4e1768cddf8853bb2d551b",
	},
};

#endif
