/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Records of the suites of which nobody has published any, sealed by OpenSSL 3.5: connections of
 * libssl with itself over memory BIOs, PSK in TLS 1.2, a certificate in TLS 1.3, without tickets.
 * The keys are TLS1-PRF(master secret, "key expansion"), or HKDF-Expand-Label of the traffic
 * secrets, "key" and "iv", from SSLKEYLOGFILE's lines. Record 0 of each direction in TLS 1.2 was
 * its Finished; an IV with an explicit part has the one that libssl chose for record 1.
 *
 * And of TLS_AES_256_GCM_SHA384 the "ping" and "pong" of "The Illustrated TLS 1.3 Connection"
 * (tls13.xargs.org): sealed by another library, with two tickets in front of the second.
 */
#ifndef RTLS_VECTORS_LIBSSL_RECORDS_H
#define RTLS_VECTORS_LIBSSL_RECORDS_H

#include <recordtls/tls.h>

#include "vectors/record_vector.h"

static const struct record_vector aes_256_gcm_12[] = {
	{
		.name = "client, 5 bytes",
		.key = "d4407c20df4d062127598a3d86436d7afa73239de327720e5d522d656ba43e1e",
		.iv = "6a93dec42a1f07502bfd0f9d",
		.rec_no = 1,
		.type = 23,
		.plain = "03 0a 11 18 1f",
		.wire = "17 03 03 00 1d 2a 1f 07 50 2b fd 0f 9d e1 ce ec 05 ae b9 d7 fc 2f 6b b3 "
			"6e 93 75 df 3a 58 5d 10 24 1c",
	},
	{
		.name = "server, 33 bytes",
		.key = "3b8bffb92600b70f7fb7e1eed4e80d6039a8fcf2a0f917ce7a1d619f6fc734cc",
		.iv = "57a39e2aabfe2f954f3e5d63",
		.rec_no = 1,
		.type = 23,
		.plain = "13 1a 21 28 2f 36 3d 44 4b 52 59 60 67 6e 75 7c 83 8a 91 98 9f a6 ad b4 "
			 "bb c2 c9 d0 d7 de e5 ec f3",
		.wire = "17 03 03 00 39 ab fe 2f 95 4f 3e 5d 63 d5 74 09 a1 f7 00 a8 7d f9 16 ac "
			"23 a6 92 fc cf 71 42 e7 c2 2f 01 7f cc 45 d2 12 4e 9b bc 17 b0 e2 e0 d7 "
			"15 59 f9 3a e9 b4 34 ad 6d e5 ff 4b 8b af",
	},
	{
		.name = "client, 70 bytes",
		.key = "d4407c20df4d062127598a3d86436d7afa73239de327720e5d522d656ba43e1e",
		.iv = "6a93dec42a1f07502bfd0f9d",
		.rec_no = 2,
		.type = 23,
		.plain = "08 0f 16 1d 24 2b 32 39 40 47 4e 55 5c 63 6a 71 78 7f 86 8d 94 9b a2 a9 "
			 "b0 b7 be c5 cc d3 da e1 e8 ef f6 fd 04 0b 12 19 20 27 2e 35 3c 43 4a 51 "
			 "58 5f 66 6d 74 7b 82 89 90 97 9e a5 ac b3 ba c1 c8 cf d6 dd e4 eb",
		.wire = "17 03 03 00 5e 2a 1f 07 50 2b fd 0f 9e 5f 98 45 fb 24 c6 a8 b1 75 1f 23 "
			"52 3b 11 39 57 7e 23 10 eb 0a 32 72 b4 ce 6c 65 18 d0 92 f9 9b 23 e5 1d "
			"9e 8e a9 91 4a e6 94 6d 8f 8c 45 8b 2c 79 96 73 f1 d9 60 5c 7e d3 b4 51 "
			"7a 9e db b5 97 61 ee 04 09 c7 62 ea 26 ed bc 91 7c ad d7 d4 af 06 82 ba "
			"86 51 5a",
	},
	{
		.name = "server, 1 bytes",
		.key = "3b8bffb92600b70f7fb7e1eed4e80d6039a8fcf2a0f917ce7a1d619f6fc734cc",
		.iv = "57a39e2aabfe2f954f3e5d63",
		.rec_no = 2,
		.type = 23,
		.plain = "18",
		.wire = "17 03 03 00 19 ab fe 2f 95 4f 3e 5d 64 d4 5b f5 4f 5d cc 9d 82 86 4e 4c "
			"b0 45 cc e4 83 41",
	},
};

static const struct record_vector aes_128_ccm_12[] = {
	{
		.name = "client, 5 bytes",
		.key = "482ae565320be401ef2172c309afdd17",
		.iv = "4952cdba0000000000000001",
		.rec_no = 1,
		.type = 23,
		.plain = "03 0a 11 18 1f",
		.wire = "17 03 03 00 1d 00 00 00 00 00 00 00 01 de d4 ca e7 2a 26 b3 80 84 81 a1 "
			"98 1b a2 a2 cd cc 4c df dc 2e",
	},
	{
		.name = "server, 33 bytes",
		.key = "30031bb55fb239bfcebf8b27d7a4d719",
		.iv = "3e8962270000000000000001",
		.rec_no = 1,
		.type = 23,
		.plain = "13 1a 21 28 2f 36 3d 44 4b 52 59 60 67 6e 75 7c 83 8a 91 98 9f a6 ad b4 "
			 "bb c2 c9 d0 d7 de e5 ec f3",
		.wire = "17 03 03 00 39 00 00 00 00 00 00 00 01 0f 42 c7 2e 3b fb 63 8d cc 5d 3c "
			"fa e3 3c a3 23 a0 7e d3 b7 e1 0e b7 6d 24 03 7a c0 33 e4 ee e2 71 f0 aa "
			"10 80 07 bf 8e 9c c0 8f 1a e1 0e 24 a0 ea",
	},
	{
		.name = "client, 70 bytes",
		.key = "482ae565320be401ef2172c309afdd17",
		.iv = "4952cdba0000000000000001",
		.rec_no = 2,
		.type = 23,
		.plain = "08 0f 16 1d 24 2b 32 39 40 47 4e 55 5c 63 6a 71 78 7f 86 8d 94 9b a2 a9 "
			 "b0 b7 be c5 cc d3 da e1 e8 ef f6 fd 04 0b 12 19 20 27 2e 35 3c 43 4a 51 "
			 "58 5f 66 6d 74 7b 82 89 90 97 9e a5 ac b3 ba c1 c8 cf d6 dd e4 eb",
		.wire = "17 03 03 00 5e 00 00 00 00 00 00 00 02 96 39 75 52 98 db c2 55 86 9e e8 "
			"6e b9 28 99 07 15 3e a6 15 86 1b 48 9a f0 a3 82 85 6c 9e 2a 3d 0b fa c9 "
			"2f 80 49 24 f9 6f 9a 82 0f 79 2e 81 8d 7d 88 75 c9 41 48 45 9b 61 0f 1f "
			"77 a8 71 54 d7 1f 27 ba b1 e9 47 db 41 22 ac 3c b1 11 d5 0c ab be a0 5e "
			"6c 94 4d",
	},
	{
		.name = "server, 1 bytes",
		.key = "30031bb55fb239bfcebf8b27d7a4d719",
		.iv = "3e8962270000000000000001",
		.rec_no = 2,
		.type = 23,
		.plain = "18",
		.wire = "17 03 03 00 19 00 00 00 00 00 00 00 02 ef d6 53 a9 c1 46 8e a3 f1 fa 67 "
			"0c 5d 6b 10 cb c2",
	},
};

static const struct record_vector chacha20_poly1305_12[] = {
	{
		.name = "client, 5 bytes",
		.key = "196017708a1592bdff58facb7fd1a15de72196d21b6ac8c2ff823f792997ebe2",
		.iv = "d6605f3cd5b8277b85a0627c",
		.rec_no = 1,
		.type = 23,
		.plain = "03 0a 11 18 1f",
		.wire = "17 03 03 00 15 eb 62 35 b9 d6 c1 00 c3 0e 72 a1 d4 6a f7 f5 1d 0b d9 e6 "
			"84 85",
	},
	{
		.name = "server, 33 bytes",
		.key = "dfd991529de5a415cfccae869f3e16f18f258f2cfd9b7683f16c0edf3aa21e18",
		.iv = "3d029beaffa6ae3e8785aa55",
		.rec_no = 1,
		.type = 23,
		.plain = "13 1a 21 28 2f 36 3d 44 4b 52 59 60 67 6e 75 7c 83 8a 91 98 9f a6 ad b4 "
			 "bb c2 c9 d0 d7 de e5 ec f3",
		.wire = "17 03 03 00 31 30 a1 8f df d7 55 97 e7 ee b4 b1 42 50 ba 98 64 0b 39 3b "
			"8d 13 4a e0 a1 ba d5 2d db b4 07 4a 65 0c 28 f6 a9 42 ff 17 1b da 95 01 "
			"42 05 e5 f9 a1 20",
	},
	{
		.name = "client, 70 bytes",
		.key = "196017708a1592bdff58facb7fd1a15de72196d21b6ac8c2ff823f792997ebe2",
		.iv = "d6605f3cd5b8277b85a0627c",
		.rec_no = 2,
		.type = 23,
		.plain = "08 0f 16 1d 24 2b 32 39 40 47 4e 55 5c 63 6a 71 78 7f 86 8d 94 9b a2 a9 "
			 "b0 b7 be c5 cc d3 da e1 e8 ef f6 fd 04 0b 12 19 20 27 2e 35 3c 43 4a 51 "
			 "58 5f 66 6d 74 7b 82 89 90 97 9e a5 ac b3 ba c1 c8 cf d6 dd e4 eb",
		.wire = "17 03 03 00 56 7e 73 86 3e be b6 7b 32 b5 56 f9 ab 85 e6 ab 6c e2 16 82 "
			"c8 18 dc 7c a1 72 9d 05 79 37 d5 12 34 da ac 10 70 37 4a c0 79 d8 af d9 "
			"cd 38 79 f4 db e1 11 08 be a7 25 9f 28 3c 98 08 c4 09 cb 0f 46 3d 8a e5 "
			"54 55 56 2d 13 f1 0c a4 e6 a1 ed 26 d9 20 d5 16 60 bf 33",
	},
	{
		.name = "server, 1 bytes",
		.key = "dfd991529de5a415cfccae869f3e16f18f258f2cfd9b7683f16c0edf3aa21e18",
		.iv = "3d029beaffa6ae3e8785aa55",
		.rec_no = 2,
		.type = 23,
		.plain = "18",
		.wire = "17 03 03 00 11 19 6e 51 4d e5 5f 86 7b 53 ca c5 db aa 66 11 36 49",
	},
};

static const struct record_vector aes_256_gcm_13[] = {
	{
		.name = "client, 5 bytes",
		.key = "c66efd31cc50496e5f789f2d657a364d56e2d5af54ac983f50e8db464267c209",
		.iv = "e75e48479031a9bbb4acc289",
		.rec_no = 0,
		.type = 23,
		.plain = "03 0a 11 18 1f",
		.wire = "17 03 03 00 16 98 f5 3e 30 33 a1 ea 3a a9 59 f8 17 87 d6 00 c2 f6 a4 b2 "
			"ec c1 08",
	},
	{
		.name = "server, 33 bytes",
		.key = "185b8ab880de12713c372d736fb901294d1a4c6ecc271facb2a74e52bd4ecf30",
		.iv = "a6e6f019dc06168bd9e35034",
		.rec_no = 0,
		.type = 23,
		.plain = "13 1a 21 28 2f 36 3d 44 4b 52 59 60 67 6e 75 7c 83 8a 91 98 9f a6 ad b4 "
			 "bb c2 c9 d0 d7 de e5 ec f3",
		.wire = "17 03 03 00 32 12 93 5c d2 d6 82 b1 5d 5e ae f3 40 89 13 9e a0 53 8b 64 "
			"88 11 6a 8a 91 5b 37 f7 0a 97 5b 49 19 d5 81 a6 48 dd 9c f6 d5 d8 47 72 "
			"d9 0d 32 5e 0b e5 85",
	},
	{
		.name = "client, 70 bytes",
		.key = "c66efd31cc50496e5f789f2d657a364d56e2d5af54ac983f50e8db464267c209",
		.iv = "e75e48479031a9bbb4acc289",
		.rec_no = 1,
		.type = 23,
		.plain = "08 0f 16 1d 24 2b 32 39 40 47 4e 55 5c 63 6a 71 78 7f 86 8d 94 9b a2 a9 "
			 "b0 b7 be c5 cc d3 da e1 e8 ef f6 fd 04 0b 12 19 20 27 2e 35 3c 43 4a 51 "
			 "58 5f 66 6d 74 7b 82 89 90 97 9e a5 ac b3 ba c1 c8 cf d6 dd e4 eb",
		.wire = "17 03 03 00 57 ca f8 c3 ce 06 d5 da 10 59 04 53 37 21 4f 9e 6f 41 5b af "
			"bd 4f 7e d0 12 db d2 92 34 8b 5a 6a ff 42 c6 b3 c1 09 0a 5d 9e 54 d7 33 "
			"66 58 76 12 4e 39 24 19 f2 27 a6 8b bb a5 e9 1d b8 64 db b6 d4 e3 fd 73 "
			"41 fb 2d 3f a8 a0 f8 b3 07 ac 4a 90 da 24 ac ee ad 80 1c 3d",
	},
	{
		.name = "server, 1 bytes",
		.key = "185b8ab880de12713c372d736fb901294d1a4c6ecc271facb2a74e52bd4ecf30",
		.iv = "a6e6f019dc06168bd9e35034",
		.rec_no = 1,
		.type = 23,
		.plain = "18",
		.wire = "17 03 03 00 12 f1 2b 62 f5 56 aa ab b2 b7 48 ba 10 94 e3 a4 2f 01 1c",
	},
};

static const struct record_vector aes_128_ccm_13[] = {
	{
		.name = "client, 5 bytes",
		.key = "fe95ed5dd7283898445ab930ab349cb9",
		.iv = "3337fea4c503b72a17e82a4d",
		.rec_no = 0,
		.type = 23,
		.plain = "03 0a 11 18 1f",
		.wire = "17 03 03 00 16 43 e8 a0 80 4b e3 7e ad 47 9b 02 2d 68 05 2b 60 e9 47 76 "
			"25 14 35",
	},
	{
		.name = "server, 33 bytes",
		.key = "b184b50acf4186a74970ae6a4ddbe60d",
		.iv = "dd55fdd070b4a6f71c3e3f4f",
		.rec_no = 0,
		.type = 23,
		.plain = "13 1a 21 28 2f 36 3d 44 4b 52 59 60 67 6e 75 7c 83 8a 91 98 9f a6 ad b4 "
			 "bb c2 c9 d0 d7 de e5 ec f3",
		.wire = "17 03 03 00 32 7b 6c 18 1c f2 33 96 74 16 4c 05 0d f2 32 b5 8b 0a ce 75 "
			"e1 8c 68 a7 6b db a8 b7 de da 0c bb 73 9b 16 7f aa cf 43 a4 11 fa 32 4a "
			"7e 42 77 f2 09 7c bb",
	},
	{
		.name = "client, 70 bytes",
		.key = "fe95ed5dd7283898445ab930ab349cb9",
		.iv = "3337fea4c503b72a17e82a4d",
		.rec_no = 1,
		.type = 23,
		.plain = "08 0f 16 1d 24 2b 32 39 40 47 4e 55 5c 63 6a 71 78 7f 86 8d 94 9b a2 a9 "
			 "b0 b7 be c5 cc d3 da e1 e8 ef f6 fd 04 0b 12 19 20 27 2e 35 3c 43 4a 51 "
			 "58 5f 66 6d 74 7b 82 89 90 97 9e a5 ac b3 ba c1 c8 cf d6 dd e4 eb",
		.wire = "17 03 03 00 57 d6 84 1a fe c2 3a 72 fa 50 9d ce ef b6 ba 02 e3 9a da 5b "
			"51 6c b7 d7 f9 9b 1d a1 b2 93 6f 9a 6e 24 0d ee 6c a5 53 bd 8e e9 26 91 "
			"e3 4c 4f 68 9c 5b 27 68 9c 7a 2d 79 23 c9 da f4 53 a7 b1 64 7d a7 4b 8d "
			"d1 59 7e 68 e6 e4 55 94 dd d7 ac 25 91 ae ce 3e 55 67 4f af",
	},
	{
		.name = "server, 1 bytes",
		.key = "b184b50acf4186a74970ae6a4ddbe60d",
		.iv = "dd55fdd070b4a6f71c3e3f4f",
		.rec_no = 1,
		.type = 23,
		.plain = "18",
		.wire = "17 03 03 00 12 8e 96 b3 63 6b a2 29 23 5d 9f c7 41 fa 22 51 4f 96 44",
	},
};

static const struct record_vector chacha20_poly1305_13[] = {
	{
		.name = "client, 5 bytes",
		.key = "b954fe37b6957707b322204e904b46ecebe4ca16c7fe0be742d12ccf8f35bcf4",
		.iv = "f4874e21122f964799fb442b",
		.rec_no = 0,
		.type = 23,
		.plain = "03 0a 11 18 1f",
		.wire = "17 03 03 00 16 9c 43 73 a9 36 9d a1 77 26 af 5b ef b3 16 e9 2c 23 52 ba "
			"84 11 c1",
	},
	{
		.name = "server, 33 bytes",
		.key = "b0c0e55dba7b49cea01fe6599f57a75df5d7aa9cdfc4439fee2eb249f5a8ba81",
		.iv = "8118a6c9833a80f8d388cbc6",
		.rec_no = 0,
		.type = 23,
		.plain = "13 1a 21 28 2f 36 3d 44 4b 52 59 60 67 6e 75 7c 83 8a 91 98 9f a6 ad b4 "
			 "bb c2 c9 d0 d7 de e5 ec f3",
		.wire = "17 03 03 00 32 c7 37 3b be b4 fd 1f cc 31 21 66 8b 3b f5 91 cc f2 a1 66 "
			"3a 94 a2 3d d1 ac 95 42 a0 76 e5 25 b1 4f 31 e3 52 1c c0 84 76 68 fc 2c "
			"be a3 f4 16 bf a2 2e",
	},
	{
		.name = "client, 70 bytes",
		.key = "b954fe37b6957707b322204e904b46ecebe4ca16c7fe0be742d12ccf8f35bcf4",
		.iv = "f4874e21122f964799fb442b",
		.rec_no = 1,
		.type = 23,
		.plain = "08 0f 16 1d 24 2b 32 39 40 47 4e 55 5c 63 6a 71 78 7f 86 8d 94 9b a2 a9 "
			 "b0 b7 be c5 cc d3 da e1 e8 ef f6 fd 04 0b 12 19 20 27 2e 35 3c 43 4a 51 "
			 "58 5f 66 6d 74 7b 82 89 90 97 9e a5 ac b3 ba c1 c8 cf d6 dd e4 eb",
		.wire = "17 03 03 00 57 b1 99 2b 7e 5c bf 2a f1 61 32 f9 25 99 f8 2e 9c bd fc c3 "
			"d3 86 71 5d d2 65 20 93 f9 42 5a 1b b6 34 a1 6f b2 2f 57 2b 55 ec a0 cc "
			"eb 44 4f 60 37 e7 21 74 e1 fe a7 f3 79 cc a7 2c 3d 20 52 de 41 36 58 26 "
			"c9 2d a8 ff 98 c9 b5 f1 4e ba bd 32 9a 71 a5 32 26 0a bf 19",
	},
	{
		.name = "server, 1 bytes",
		.key = "b0c0e55dba7b49cea01fe6599f57a75df5d7aa9cdfc4439fee2eb249f5a8ba81",
		.iv = "8118a6c9833a80f8d388cbc6",
		.rec_no = 1,
		.type = 23,
		.plain = "18",
		.wire = "17 03 03 00 12 9e 1f 5a 63 79 8b 32 e3 a0 dd d2 52 b2 77 82 73 b3 2b",
	},
};

static const struct record_vector illustrated_13[] = {
	{
		.name = "client, ping",
		.key = "de2f4c7672723a692319873e5c227606691a32d1c59d8b9f51dbb9352e9ca9cc",
		.iv = "bb007956f474b25de902432f",
		.rec_no = 0,
		.type = 23,
		.plain = "70 69 6e 67",
		.wire = "17 03 03 00 15 82 81 39 cb 7b 73 aa ab f5 b8 2f bf 9a 29 61 bc de 10 03 "
			"8a 32",
	},
	{
		.name = "server, pong",
		.key = "01f78623f17e3edcc09e944027ba3218d57c8e0db93cd3ac419309274700ac27",
		.iv = "196a750b0c5049c0cc51a541",
		.rec_no = 2,
		.type = 23,
		.plain = "70 6f 6e 67",
		.wire = "17 03 03 00 15 0c da 85 f1 44 7a e2 3f a6 6d 56 f4 c5 40 84 82 b1 b1 d4 "
			"c9 98",
	},
};

#define SET(v, c, no, r) \
	{ .version = v, .cipher = c, .first_rec_no = no, r, sizeof(r) / sizeof(r[0]) }

static const struct record_set {
	uint16_t version;
	uint16_t cipher;
	uint64_t first_rec_no; /* of the key's IV */
	const struct record_vector *records;
	size_t nb;
} record_sets[] = {
	SET(RTLS_TLS_1_2, RTLS_CIPHER_AES_GCM_256, 1, aes_256_gcm_12),
	SET(RTLS_TLS_1_2, RTLS_CIPHER_AES_CCM_128, 1, aes_128_ccm_12),
	SET(RTLS_TLS_1_2, RTLS_CIPHER_CHACHA20_POLY1305, 1, chacha20_poly1305_12),
	SET(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_256, 0, aes_256_gcm_13),
	SET(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_256, 0, illustrated_13),
	SET(RTLS_TLS_1_3, RTLS_CIPHER_AES_CCM_128, 0, aes_128_ccm_13),
	SET(RTLS_TLS_1_3, RTLS_CIPHER_CHACHA20_POLY1305, 0, chacha20_poly1305_13),
};

#undef SET

#endif
