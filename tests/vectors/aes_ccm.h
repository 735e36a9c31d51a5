/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * AES-128-CCM with 96-bit nonces and 128-bit tags: some of the cases with these lengths in
 * Project Wycheproof's aes_ccm_test.json (version 0.9rc5), by their tcId.
 */
#ifndef RTLS_VECTORS_AES_CCM_H
#define RTLS_VECTORS_AES_CCM_H

#include "vectors/aead_vector.h"

static const struct aead_vector aes_128_ccm_vectors[] = {
	{
		.name = "tcId 1",
		.key = "bedcfb5a011ebc84600fcb296c15af0d",
		.nonce = "438a547a94ea88dce46c6c85",
		.aad = "",
		.plain = "",
		.cipher = "",
		.tag = "25d1a38495a7dea45bda049705627d10",
	},
	{
		.name = "tcId 2",
		.key = "384ea416ac3c2f51a76e7d8226346d4e",
		.nonce = "b30c084727ad1c592ac21d12",
		.aad = "",
		.plain = "35",
		.cipher = "d7",
		.tag = "6be3fd13b7065afc19e3b8a3b96b39fb",
	},
	{
		.name = "tcId 3",
		.key = "cae31cd9f55526eb038241fc44cac1e5",
		.nonce = "b5e006ded553110e6dc56529",
		.aad = "",
		.plain = "d1 09 89 f2 c5 2e 94 ad",
		.cipher = "e6 4d 0b 64 eb b3 81 ec",
		.tag = "25409c795d491d804e583917227b73c7",
	},
	{
		.name = "tcId 4",
		.key = "ffdf4228361ea1f8165852136b3480f7",
		.nonce = "0e1666f2dc652f7708fb8f0d",
		.aad = "",
		.plain = "25 b1 2e 28 ac 0e f6 ea d0 22 6a 3b 22 88 c8 00",
		.cipher = "aa f5 96 fa 5b 00 aa ac 27 70 01 46 ae c9 32 a9",
		.tag = "848b6735d32c96e4a0532bcdfaf33582",
	},
	{
		.name = "tcId 5",
		.key = "c15ed227dd2e237ecd087eaaaad19ea4",
		.nonce = "965ff6643116ac1443a2dec7",
		.aad = "",
		.plain = "fe e6 2f de 97 3f e0 25 ad 6b 32 2d cd f3 c6 3f c7",
		.cipher = "03 33 df 2a 86 d7 f0 94 dd 8b ce 75 da 6c 38 c5 c1",
		.tag = "417da29df85a1d134feee8aa35569081",
	},
	{
		.name = "tcId 10",
		.key = "42e38abef2dd7573248c5aefb3ecca54",
		.nonce = "064b3cfbe04d94d4d5c19b30",
		.aad = "",
		.plain = "2c 76 3b 9e c8 49 03 bc bb 8a ec 15 e6 78 a3 a9 55 e4 87 0e db f6 2d 9d "
			 "3c 81 c4 f9 ed 61 54 87 78 75 77 9c a3 3c ce 8f 73 a5 5c a7 af 1d 8d 81 "
			 "7f c6 ba ac 00 ef 96 2c 5a 0d a3 39 ce 81 42 7a 3d 59",
		.cipher = "4c a0 1b 5b 2a 5e 57 bc c1 a4 b7 f6 3f 04 9d c4 77 e3 ee 2e 5c 26 8e fb "
			  "34 6f f9 5b 7d cd 67 f8 6e d0 f1 1b b1 7c 1d d7 fb 51 1d 2f 37 b9 68 45 "
			  "50 c0 d8 4b e0 f1 00 30 cc c4 e0 de 5b 74 ef 92 ea 54",
		.tag = "c5a57dd6fa16aa9de8de20e6bd321396",
	},
	{
		.name = "tcId 11",
		.key = "59ab7ec1c02bb206af5a9131f1134311",
		.nonce = "5508f5cea197386986d92dbe",
		.aad = "a43d39f78a2e9a8a",
		.plain = "",
		.cipher = "",
		.tag = "09ec70faae333537a7314929ddfb525b",
	},
	{
		.name = "tcId 12",
		.key = "9415f925bcb41dc25e86c826dbc8bf68",
		.nonce = "bdffaa763b916ff0ee3f3ce4",
		.aad = "705d676cd8a94451",
		.plain = "fe b3 61 67 ea fc 02 c8 e2 bd 6e 13 81 76 86 ba",
		.cipher = "08 db 32 7a 88 be 7b 48 f4 30 fd 7b fc cd f5 02",
		.tag = "b7c249f810adacf99abded1f3b9130f2",
	},
	{
		.name = "tcId 13",
		.key = "d97c9b043bdccfd59491a995e78f1696",
		.nonce = "ef423240358830df915506a3",
		.aad = "3ddba7b3ab69c8b2",
		.plain = "f0 47 59 4a 5c ff da 64 30 3a 80 b2 fa 6a 95 71 69",
		.cipher = "e0 ca f2 a9 d5 0f 70 ec aa 43 b4 a2 87 c3 b3 4a 99",
		.tag = "cff4c61882b413b686ff35b63a3a73de",
	},
	{
		.name = "tcId 14",
		.key = "16be38c05c7bc5c68ee6203871799240",
		.nonce = "acca8ae916119e49d87c33a7",
		.aad = "28",
		.plain = "",
		.cipher = "",
		.tag = "217d40efd972701fcc33df5362e1ea9c",
	},
	{
		.name = "tcId 25",
		.key = "a3fd2fdcce8a63bfe4eb2db7e42adbe1",
		.nonce = "690e7ad1e05d0d4ab4552cf7",
		.aad = "ab91ec8cc73373",
		.plain = "be 02 31 b5 c7 86 1f 0a f7 b6 38 14 79 d2 5b 77",
		.cipher = "a8 84 f7 69 fc c7 27 83 9d 59 71 1f a3 cb 5e e0",
		.tag = "f2017e3bd10bb1b43fdcc0feeffc9c68",
	},
	{
		.name = "tcId 27",
		.key = "5f0a1b5f8f8673d566ec7f54e7dca4f2",
		.nonce = "c30968c967e53505621628db",
		.aad = "c07092d799dac2b4c05fbddd04743c34",
		.plain = "f6 53 84 76 da f0 45 24 cf 13 43 09 dd 84 e1 87",
		.cipher = "23 15 11 0f 7e c6 4e 7a 23 e5 a7 62 82 2f 71 ab",
		.tag = "dc7b12fa2dbfbdc6d85faa77a2eb767e",
	},
};

#endif
