/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Published TLS 1.3 records: RFC 8448 section 3, "Simple 1-RTT Handshake",
 * TLS_AES_128_GCM_SHA256. Key and IV are the write traffic keys that the trace
 * derives; plain is the payload without the inner type.
 */
#ifndef RTLS_VECTORS_RFC8448_H
#define RTLS_VECTORS_RFC8448_H

#include "vectors/record_vector.h"

static const struct record_vector rfc8448_records[] = {
	{
		.name = "client Finished",
		.key = "dbfaa693d1762c5b666af5d950258d01",
		.iv = "5bd3c71b836e0b76bb73265f",
		.rec_no = 0,
		.type = 22,
		.plain = "14 00 00 20 a8 ec 43 6d 67 76 34 ae 52 5a c1 fc eb e1 1a 03 9e c1 76 94 "
			 "fa c6 e9 85 27 b6 42 f2 ed d5 ce 61",
		.wire = "17 03 03 00 35 75 ec 4d c2 38 cc e6 0b 29 80 44 a7 1e 21 9c 56 cc 77 b0 "
			"51 7f e9 b9 3c 7a 4b fc 44 d8 7f 38 f8 03 38 ac 98 fc 46 de b3 84 bd 1c "
			"ae ac ab 68 67 d7 26 c4 05 46",
	},
	{
		.name = "server NewSessionTicket",
		.key = "9f02283b6c9c07efc26bb9f2ac92e356",
		.iv = "cf782b88dd83549aadf1e984",
		.rec_no = 0,
		.type = 22,
		.plain = "04 00 00 c9 00 00 00 1e fa d6 aa c5 02 00 00 00 b2 2c 03 5d 82 93 59 ee "
			 "5f f7 af 4e c9 00 00 00 00 26 2a 64 94 dc 48 6d 2c 8a 34 cb 33 fa 90 bf "
			 "1b 00 70 ad 3c 49 88 83 c9 36 7c 09 a2 be 78 5a bc 55 cd 22 60 97 a3 a9 "
			 "82 11 72 83 f8 2a 03 a1 43 ef d3 ff 5d d3 6d 64 e8 61 be 7f d6 1d 28 27 "
			 "db 27 9c ce 14 50 77 d4 54 a3 66 4d 4e 6d a4 d2 9e e0 37 25 a6 a4 da fc "
			 "d0 fc 67 d2 ae a7 05 29 51 3e 3d a2 67 7f a5 90 6c 5b 3f 7d 8f 92 f2 28 "
			 "bd a4 0d da 72 14 70 f9 fb f2 97 b5 ae a6 17 64 6f ac 5c 03 27 2e 97 07 "
			 "27 c6 21 a7 91 41 ef 5f 7d e6 50 5e 5b fb c3 88 e9 33 43 69 40 93 93 4a "
			 "e4 d3 57 00 08 00 2a 00 04 00 00 04 00",
		.wire = "17 03 03 00 de 3a 6b 8f 90 41 4a 97 d6 95 9c 34 87 68 0d e5 13 4a 2b 24 "
			"0e 6c ff ac 11 6e 95 d4 1d 6a f8 f6 b5 80 dc f3 d1 1d 63 c7 58 db 28 9a "
			"01 59 40 25 2f 55 71 3e 06 1d c1 3e 07 88 91 a3 8e fb cf 57 53 ad 8e f1 "
			"70 ad 3c 73 53 d1 6d 9d a7 73 b9 ca 7f 2b 9f a1 b6 c0 d4 a3 d0 3f 75 e0 "
			"9c 30 ba 1e 62 97 2a c4 6f 75 f7 b9 81 be 63 43 9b 29 99 ce 13 06 46 15 "
			"13 98 91 d5 e4 c5 b4 06 f1 6e 3f c1 81 a7 7c a4 75 84 00 25 db 2f 0a 77 "
			"f8 1b 5a b0 5b 94 c0 13 46 75 5f 69 23 2c 86 51 9d 86 cb ee ac 87 aa c3 "
			"47 d1 43 f9 60 5d 64 f6 50 db 4d 02 3e 70 e9 52 ca 49 fe 51 37 12 1c 74 "
			"bc 26 97 68 7e 24 87 46 d6 df 35 30 05 f3 bc e1 86 96 12 9c 81 53 55 6b "
			"3b 6c 67 79 b3 7b f1 59 85 68 4f",
	},
	{
		.name = "client application data",
		.key = "17422dda596ed5d9acd890e3c63f5051",
		.iv = "5b78923dee08579033e523d9",
		.rec_no = 0,
		.type = 23,
		.plain = "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15 16 17 "
			 "18 19 1a 1b 1c 1d 1e 1f 20 21 22 23 24 25 26 27 28 29 2a 2b 2c 2d 2e 2f "
			 "30 31",
		.wire = "17 03 03 00 43 a2 3f 70 54 b6 2c 94 d0 af fa fe 82 28 ba 55 cb ef ac ea "
			"42 f9 14 aa 66 bc ab 3f 2b 98 19 a8 a5 b4 6b 39 5b d5 4a 9a 20 44 1e 2b "
			"62 97 4e 1f 5a 62 92 a2 97 70 14 bd 1e 3d ea e6 3a ee bb 21 69 49 15 e4",
	},
	{
		.name = "server application data",
		.key = "9f02283b6c9c07efc26bb9f2ac92e356",
		.iv = "cf782b88dd83549aadf1e984",
		.rec_no = 1,
		.type = 23,
		.plain = "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15 16 17 "
			 "18 19 1a 1b 1c 1d 1e 1f 20 21 22 23 24 25 26 27 28 29 2a 2b 2c 2d 2e 2f "
			 "30 31",
		.wire = "17 03 03 00 43 2e 93 7e 11 ef 4a c7 40 e5 38 ad 36 00 5f c4 a4 69 32 fc "
			"32 25 d0 5f 82 aa 1b 36 e3 0e fa f9 7d 90 e6 df fc 60 2d cb 50 1a 59 a8 "
			"fc c4 9c 4b f2 e5 f0 a2 1c 00 47 c2 ab f3 32 54 0d d0 32 e1 67 c2 95 5d",
	},
	{
		.name = "client close_notify",
		.key = "17422dda596ed5d9acd890e3c63f5051",
		.iv = "5b78923dee08579033e523d9",
		.rec_no = 1,
		.type = 21,
		.plain = "01 00",
		.wire = "17 03 03 00 13 c9 87 27 60 65 56 66 b7 4d 7f f1 15 3e fd 6d b6 d0 b0 e3",
	},
	{
		.name = "server close_notify",
		.key = "9f02283b6c9c07efc26bb9f2ac92e356",
		.iv = "cf782b88dd83549aadf1e984",
		.rec_no = 2,
		.type = 21,
		.plain = "01 00",
		.wire = "17 03 03 00 13 b5 8f d6 71 66 eb f5 99 d2 47 20 cf be 7e fa 7a 88 64 a9",
	},
};

#endif
