/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/forge.h"

#include <string.h>

#include "support/net_bytes.h"

enum {
	ETHER_LEN = 14,
	TCP_OPTIONS_OFF = 20,
	TIMESTAMPS = 8, /* RFC 7323 3.2 */
	TIMESTAMPS_LEN = 10,
};

static void
shift_timestamp(uint8_t *opt, uint32_t len, int32_t shift)
{
	for (uint32_t i = 0; i + 1 < len && opt[i] != 0; i += opt[i] == 1 ? 1 : opt[i + 1]) {
		if (opt[i] != 1 && opt[i + 1] < 2)
			return;
		if (opt[i] == TIMESTAMPS && i + TIMESTAMPS_LEN <= len)
			put32(opt + i + 2, get32(opt + i + 2) + (uint32_t)shift);
	}
}

uint32_t
forge_frame(const struct forge *f, const uint8_t *genuine, uint8_t *out)
{
	uint32_t ip_len = (genuine[ETHER_LEN] & 0x0fu) * 4;
	uint32_t tcp_len = (uint32_t)(genuine[ETHER_LEN + ip_len + 12] >> 4) * 4;
	uint8_t *ip = out + ETHER_LEN, *tcp = ip + ip_len;

	memcpy(out, genuine, ETHER_LEN + ip_len + tcp_len);
	put16(ip + 2, ip_len + tcp_len + f->len);
	put16(ip + 10, 0);
	put16(ip + 10, ~ones_sum(0, ip, ip_len));
	put32(tcp + 4, f->seq);
	put32(tcp + 8, f->ack);
	tcp[13] = f->flags;
	shift_timestamp(tcp + TCP_OPTIONS_OFF, tcp_len - TCP_OPTIONS_OFF, f->ts_shift);
	if (f->len > 0)
		memcpy(tcp + tcp_len, f->payload, f->len);
	tcp_len += f->len;
	put16(tcp + 16, 0);
	put16(tcp + 16, ~ones_sum(ones_sum(6 + tcp_len, ip + 12, 8), tcp, tcp_len));
	if (f->bad_sum)
		tcp[16] ^= 0x55;
	if (f->bad_ip_sum)
		ip[10] ^= 0x55;
	return ETHER_LEN + ip_len + tcp_len;
}
