/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * TLS 1.2 records sealed by OpenSSL 3.5: a PSK-AES128-GCM-SHA256 connection of
 * libssl with itself over memory BIOs; the keys are TLS1-PRF(master secret,
 * "key expansion") of it. Record 0 of each direction was its Finished. The IV
 * is the salt and the explicit nonce that libssl chose for record 1.
 */
#ifndef RTLS_VECTORS_TLS12_GCM_H
#define RTLS_VECTORS_TLS12_GCM_H

#include "vectors/record_vector.h"

enum { TLS12_GCM_FIRST_REC_NO = 1 };

static const struct record_vector tls12_gcm_records[] = {
	{
		.name = "client application data",
		.key = "7ff305a2f80de2de00a16a15deb76146",
		.iv = "21e8632f8525028cb9d143b3",
		.rec_no = 1,
		.type = 23,
		.plain = "47 45 54 20 2f",
		.wire = "17 03 03 00 1d 85 25 02 8c b9 d1 43 b3 c9 0a 16 e7 bf fd 20 d1 e0 de e3 "
			"78 af 15 6c 60 99 d5 f6 90 0a",
	},
	{
		.name = "server application data",
		.key = "7e5812a3366a5eccdf7090564b9447a8",
		.iv = "7a7b7341c7f6f4c6a7b03862",
		.rec_no = 1,
		.type = 23,
		.plain = "03 0a 11 18 1f 26 2d 34 3b 42 49 50 57 5e 65 6c 73 7a 81 88 8f 96 9d a4 "
			 "ab b2 b9 c0 c7 ce d5 dc e3",
		.wire = "17 03 03 00 39 c7 f6 f4 c6 a7 b0 38 62 8f 7c 0a f0 7f 8a 2a 43 f8 95 7e "
			"f0 1c a2 d6 88 e7 69 02 f6 e1 b2 a8 2c ea 5c 65 b3 5a ea 3e fb 1f d1 a8 "
			"00 6a 15 0b 82 f2 67 4e 3d be 49 40 f6 30",
	},
	{
		.name = "client longer application data",
		.key = "7ff305a2f80de2de00a16a15deb76146",
		.iv = "21e8632f8525028cb9d143b3",
		.rec_no = 2,
		.type = 23,
		.plain = "03 0a 11 18 1f 26 2d 34 3b 42 49 50 57 5e 65 6c 73 7a 81 88 8f 96 9d a4 "
			 "ab b2 b9 c0 c7 ce d5 dc e3 ea f1 f8 ff 06 0d 14 1b 22 29 30 37 3e 45 4c "
			 "53 5a 61 68 6f 76 7d 84 8b 92 99 a0 a7 ae b5 bc",
		.wire = "17 03 03 00 58 85 25 02 8c b9 d1 43 b4 ff 8f f2 6e 49 80 37 b9 4c 94 09 "
			"5c 85 b7 6a 46 2e cc 3a bd 53 4d 6d 5f 41 61 1a c8 71 62 2f 87 ca 96 5a "
			"c9 c0 ff dd 56 33 16 4b aa 3f 2c 9c 3e 71 de e5 71 61 b1 e9 52 80 cf 7c "
			"1b 24 34 ef 5e 4d 13 d1 0d f7 c3 c8 3e 3a 67 1e d9 3c 9f 1f e2",
	},
	{
		.name = "server one byte",
		.key = "7e5812a3366a5eccdf7090564b9447a8",
		.iv = "7a7b7341c7f6f4c6a7b03862",
		.rec_no = 2,
		.type = 23,
		.plain = "03",
		.wire = "17 03 03 00 19 c7 f6 f4 c6 a7 b0 38 63 72 92 9c 02 b2 05 81 c0 97 48 f8 "
			"e6 05 9d 17 7b a1",
	},
	{
		.name = "client close_notify",
		.key = "7ff305a2f80de2de00a16a15deb76146",
		.iv = "21e8632f8525028cb9d143b3",
		.rec_no = 3,
		.type = 21,
		.plain = "01 00",
		.wire = "15 03 03 00 1a 85 25 02 8c b9 d1 43 b5 4a 11 8b 5f fc c5 74 b9 67 7e f6 "
			"8a 9a c5 8b cc 36 06",
	},
	{
		.name = "server close_notify",
		.key = "7e5812a3366a5eccdf7090564b9447a8",
		.iv = "7a7b7341c7f6f4c6a7b03862",
		.rec_no = 3,
		.type = 21,
		.plain = "01 00",
		.wire = "15 03 03 00 1a c7 f6 f4 c6 a7 b0 38 64 56 a8 db 9c 1d 75 fa 1e 3e 4a 65 "
			"9c 0e 1f 80 34 09 f3",
	},
};

#endif
