/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/**
 * @file
 * A bad network, over any port: packets are lost, overtaken, doubled and late, both ways, by a seed.
 *
 * It shows what a program, and a NIC over it (recordtls/tlsnic.h), make of it on a machine that has no
 * such network.
 */
#ifndef RECORDTLS_NETEM_H
#define RECORDTLS_NETEM_H

#include <stdint.h>

#include <recordtls/port.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What the network does, the same in each direction; 0 in a field: nothing of it. */
struct rtls_netem_conf {
	uint32_t size;        /**< sizeof(struct rtls_netem_conf) */
	uint32_t loss_ppm;    /**< packets out of 1,000,000 that are lost */
	uint32_t reorder_ppm; /**< that one to eight others overtake; where none come, 5 ms late */
	uint32_t duplicate_ppm; /**< that come twice */
	uint32_t delay_us; /**< how long a packet takes; half of a round trip; at most 1,000,000 */
	uint32_t reserved; /**< 0 */
	uint64_t seed;     /**< the same seed and the same packets: the same losses */
};

/** What was done to the packets of one direction. */
struct rtls_netem_way {
	uint64_t packets;    /**< all of them, those lost included */
	uint64_t lost;       /**< by chance */
	uint64_t reordered;  /**< held back, to be overtaken */
	uint64_t duplicated; /**< those that were added */
	uint64_t no_room;    /**< lost because too many (4096) were on their way */
};

struct rtls_netem_stats {
	uint32_t size; /**< sizeof(struct rtls_netem_stats), set by the caller */
	uint32_t reserved;
	struct rtls_netem_way rx, tx;
};

/**
 * [control] Makes the network over a port with one queue pair. Takes under on success:
 * rtls_port_close() of the new port closes it too. Packets that are to be cut by the port below are cut
 * by the stack. A capture has what is lost, too, with a comment that says so.
 * @param conf borrowed; NULL: all defaults, a network that is fine.
 * @return 0; -EINVAL: a field out of its range, a port with more queues or with inline TLS, which
 *   belongs over it, or with an MTU whose frames fit into no mbuf, or a NULL; -EBUSY: a stack uses
 *   under, or another port does; -ENOMEM.
 */
int rtls_netem_open(struct rtls_port *under, const struct rtls_netem_conf *conf,
		    struct rtls_port **out);

/**
 * Fills in out->size bytes of what is known, and no more. On the thread that polls the port.
 * @param p the network, or a port that lies over it.
 * @return 0; -EINVAL: NULL, or a size that does not hold the size; -ENOENT: there is no such
 *   network below it.
 */
int rtls_netem_stats(const struct rtls_port *p, struct rtls_netem_stats *out);

#ifdef __cplusplus
}
#endif

#endif
