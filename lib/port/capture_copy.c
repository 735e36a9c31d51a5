/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "port/capture_copy.h"

#include <stddef.h>
#include <string.h>

#include <rte_pcapng.h>

#include "buf/chain.h"
#include "core/bytes.h"
#include "net/ether_ip.h"
#include "tcp/seg.h"

/* An Enhanced Packet Block (draft-ietf-opsawg-pcapng 4.3), in the byte order of the machine. */
enum {
	BLOCK_TYPE = 6,
	BLOCK_DATA_OFF = 28,
	OPTION_END = 0,
	OPTION_COMMENT = 1,
};

struct block {
	uint32_t type;
	uint32_t len;
	uint32_t interface;
	uint32_t time[2];
	uint32_t captured_len;
	uint32_t original_len;
};

struct option {
	uint16_t code;
	uint16_t len;
};

_Static_assert(sizeof(struct block) == BLOCK_DATA_OFF, "as in the file");

/* Ethernet, IPv4 and TCP; what is none of them counts as payload. */
static uint32_t
headers_len(const struct rte_mbuf *m)
{
	uint8_t copy[ETHER_IP_HDR_MAX + TCP_HDR_MAX];
	uint32_t len = RTE_MIN(m->pkt_len, (uint32_t)sizeof(copy)), off = ETHER_HDR_LEN;
	const uint8_t *b = rte_pktmbuf_read(m, 0, len, copy);

	if (len < ETHER_HDR_LEN + IPV4_HDR_MIN)
		return RTE_MIN(len, (uint32_t)ETHER_HDR_LEN);
	if (get_be16(b + 12) != ETHER_TYPE_IPV4)
		return off;
	off += (uint32_t)(b[off] & 0xf) * 4;
	if (b[ETHER_HDR_LEN + 9] != IPV4_PROTO_TCP || off + TCP_HDR_MIN > len)
		return RTE_MIN(off, len);
	return RTE_MIN(off + (uint32_t)(b[off + 12] >> 4) * 4, len);
}

static struct rte_mbuf *
copy_some(const struct capture_copier *c, uint16_t queue, const struct rte_mbuf *m,
	  enum rte_pcapng_direction dir, uint32_t len, const char *comment)
{
	/* It walks the chain by pkt_len. */
	if (!chain_sound(m))
		return NULL;
	return rte_pcapng_copy(c->port_id, queue, m, c->pool, RTE_MIN(len, c->snaplen), dir,
			       comment);
}

struct rte_mbuf *
capture_copy(const struct capture_copier *c, uint16_t queue, const struct rte_mbuf *m,
	     bool received)
{
	enum rte_pcapng_direction dir = received ? RTE_PCAPNG_DIRECTION_IN :
						   RTE_PCAPNG_DIRECTION_OUT;

	if (!chain_sound(m))
		return NULL;
	if (received && chain_marks(m) != 0)
		return copy_some(c, queue, m, dir, headers_len(m),
				 "headers only: the device has opened the payload");
	if (!received && (m->ol_flags & RTE_MBUF_F_TX_SEC_OFFLOAD) != 0)
		return copy_some(c, queue, m, dir, headers_len(m),
				 "headers only: the device seals the payload");
	return copy_some(c, queue, m, dir, UINT32_MAX, NULL);
}

struct rte_mbuf *
capture_copy_unsent(const struct capture_copier *c, uint16_t queue, const struct rte_mbuf *m,
		    const char *why)
{
	if (!chain_sound(m))
		return NULL;
	return copy_some(c, queue, m, RTE_PCAPNG_DIRECTION_OUT, headers_len(m), why);
}

/* Where the options end, behind the packet's bytes; 0: this is no such block. */
static uint32_t
options_end(const uint8_t *b, uint32_t len)
{
	struct block head;
	struct option o;
	uint32_t off, end = len - sizeof(uint32_t);

	if (len < sizeof(head) + sizeof(uint32_t))
		return 0;
	memcpy(&head, b, sizeof(head));
	if (head.type != BLOCK_TYPE || head.len != len || head.captured_len > len)
		return 0;
	off = BLOCK_DATA_OFF + RTE_ALIGN(head.captured_len, (uint32_t)sizeof(uint32_t));
	while (off + sizeof(o) <= end) {
		memcpy(&o, b + off, sizeof(o));
		if (o.code == OPTION_END)
			return off;
		off += sizeof(o) + RTE_ALIGN((uint32_t)o.len, (uint32_t)sizeof(uint32_t));
	}
	return off == end ? off : 0;
}

void
capture_comment(struct rte_mbuf *copy, const char *text)
{
	struct option o = { .code = OPTION_COMMENT, .len = (uint16_t)strlen(text) };
	uint32_t room = sizeof(o) + RTE_ALIGN((uint32_t)o.len, (uint32_t)sizeof(uint32_t));
	uint8_t *b = rte_pktmbuf_mtod(copy, uint8_t *);
	uint32_t at = copy->nb_segs == 1 ? options_end(b, copy->pkt_len) : 0;
	uint32_t len = at + room + (uint32_t)sizeof(uint32_t);

	if (at == 0 || len < copy->pkt_len ||
	    rte_pktmbuf_append(copy, (uint16_t)(len - copy->pkt_len)) == NULL)
		return;
	memset(b + at, 0, len - at);
	memcpy(b + at, &o, sizeof(o));
	memcpy(b + at + sizeof(o), text, o.len);
	memcpy(b + len - sizeof(len), &len, sizeof(len));
	memcpy(b + offsetof(struct block, len), &len, sizeof(len));
}
