/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "session/messages.h"

#include "core/record.h"

static uint32_t
min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

enum messages_found
messages_input(struct messages *h, const uint8_t *content, uint32_t len)
{
	uint32_t n;

	while (len > 0) {
		if (h->hdr_len < MESSAGES_HDR_LEN) {
			h->hdr[h->hdr_len++] = *content++;
			len--;
			if (h->hdr_len < MESSAGES_HDR_LEN)
				continue;
			h->need = (uint32_t)h->hdr[1] << 16 | (uint32_t)h->hdr[2] << 8 | h->hdr[3];
		}
		n = min_u32(h->need, len);
		h->need -= n;
		content += n;
		len -= n;
		if (h->need > 0)
			break;
		h->hdr_len = 0;
		if (h->hdr[0] == RECORD_HS_KEY_UPDATE)
			return len == 0 ? MESSAGES_KEY_UPDATE : MESSAGES_MISALIGNED;
	}
	return MESSAGES_NOTHING;
}
