/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The kinds of ethdevs that start without hardware, two of each that reach each other, and a link
 * between them that goes down and up.
 */
#ifndef RTLS_SUPPORT_PORT_KIND_H
#define RTLS_SUPPORT_PORT_KIND_H

#include <stdbool.h>
#include <stdint.h>

struct port_kind {
	const char *name;
	/* Two ethdevs that are not configured. NULL, or why there are none here. */
	const char *(*make)(uint16_t ids[2]);
	/*
	 * The link between them. NULL: it has none that goes down while the ports stay; a net_memif
	 * that is stopped beside its peer in one process ends in a panic of EAL's.
	 */
	void (*link)(const uint16_t ids[2], bool up);
	bool cuts; /* nothing passes a link that is down; net_ring's only says so */
	/*
	 * What the driver does behind the program is done, after both were started and between the
	 * closing of the first and of the second. NULL: it does nothing then. False: it did not
	 * come to an end.
	 */
	bool (*started)(const uint16_t ids[2]);
	bool (*parted)(const uint16_t ids[2]);
};

enum {
	PORT_KIND_TAP,      /* net_tap, and net_af_packet on the interface that it makes */
	PORT_KIND_FAILSAFE, /* the same below net_failsafe */
	PORT_KIND_VETH,     /* net_af_packet at both ends */
	PORT_KIND_MEMIF,
	PORT_KIND_RING,
	PORT_KINDS,
};

extern const struct port_kind port_kinds[PORT_KINDS];

/* In front of the EAL: a network of the program's own, if it can be. */
void port_kind_namespace(void);

#endif
