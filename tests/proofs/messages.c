/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/session/messages.c */
/* flags: --unwind 10 */
#include "proof.h"
#include "session/messages.h"

/* Eight bytes of any content, from any place in a message: read inside, counted within 24 bits. */
void
prove_input(void)
{
	uint8_t content[8];
	uint32_t len = nondet_u32();
	struct messages h;

	ASSUME(len <= sizeof(content) && h.hdr_len <= MESSAGES_HDR_LEN && h.need < 1 << 24);
	ASSUME(h.hdr_len < MESSAGES_HDR_LEN || h.need > 0);
	messages_input(&h, content, len);
	PROVE(h.hdr_len <= MESSAGES_HDR_LEN && h.need < 1 << 24);
	PROVE(h.hdr_len < MESSAGES_HDR_LEN || h.need > 0);
}
